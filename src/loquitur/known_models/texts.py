"""Models that read: sentiment, embeddings, rerankers."""

from __future__ import annotations

from loquitur.known_models.spec import ModelSpec

OPINIONS = (
    ModelSpec(
        name="cardiffnlp/twitter-xlm-roberta-base-sentiment",
        size_mb=1112,
        licence="not stated by its authors",
        languages="100 (tuned on ar de en es fr hi it pt)",
    ),
    ModelSpec(
        name="nlptown/bert-base-multilingual-uncased-sentiment",
        size_mb=669,
        licence="MIT",
        languages="de en es fr it nl",
        figure="accuracy 67 % (en, stars)",
        figure_source="its card, 5,000 product reviews a language",
    ),
    ModelSpec(
        name="distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        size_mb=268,
        licence="Apache-2.0",
        languages="en",
        figure="accuracy 91.3 %",
        figure_source="its card, SST-2 dev, 2 classes",
    ),
)
