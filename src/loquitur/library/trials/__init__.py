"""How good a library finds and answers: questions with known answers, asked in several ways."""
