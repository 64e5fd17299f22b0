"""`loquitur describe export` without torch: what it refuses, and how it says so."""

from __future__ import annotations

import pickle


def test_what_is_no_model(loquitur, tmp_path):
    for given, said in [("absent", "no such folder"), (".", "holds no model of ours")]:
        answer = loquitur("describe", "export", tmp_path / given)
        assert answer.code == 4
        assert said in answer.err
        assert "loquitur describe train" in answer.err
    (tmp_path / "net.pt").write_bytes(pickle.dumps({"weights": [1]}))
    answer = loquitur("describe", "export", tmp_path, "-o", tmp_path / "out")
    assert answer.code == 4
    assert "net.pt: not a model of ours: a pickle may run code" in answer.err
    assert not (tmp_path / "out").exists()
