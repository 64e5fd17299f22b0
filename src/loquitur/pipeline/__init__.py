"""Plan (pure), recipes, runner and executors."""
