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

_APACHE = "Apache-2.0"

# the first of an engine is its default
SENTENCES = (
    ModelSpec(
        name="all-MiniLM-L6-v2",
        size_mb=91,
        licence=_APACHE,
        languages="en",
        source="sentence-transformers/all-MiniLM-L6-v2",
    ),
    ModelSpec(
        name="multilingual-e5-small",
        size_mb=488,
        licence="MIT",
        languages="about 100 languages",
        source="intfloat/multilingual-e5-small",
    ),
    ModelSpec(
        name="paraphrase-multilingual-MiniLM-L12-v2",
        size_mb=480,
        licence=_APACHE,
        languages="about 50 languages",
        source="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
    ),
)
STATIC = (
    ModelSpec(
        name="potion-base-8M",
        size_mb=31,
        licence="MIT",
        languages="en",
        source="minishlab/potion-base-8M",
    ),
    ModelSpec(
        name="potion-multilingual-128M",
        size_mb=530,
        licence="MIT",
        languages="101 languages",
        source="minishlab/potion-multilingual-128M",
    ),
)
SENTENCES_TORCH = (
    ModelSpec(
        name="all-mpnet-base-v2",
        size_mb=439,
        licence=_APACHE,
        languages="en",
        source="sentence-transformers/all-mpnet-base-v2",
    ),
    ModelSpec(
        name="multilingual-e5-base",
        size_mb=1130,
        licence="MIT",
        languages="about 100 languages",
        source="intfloat/multilingual-e5-base",
    ),
)
RERANKERS = (
    ModelSpec(
        name="ms-marco-MiniLM-L6-v2",
        size_mb=92,
        licence=_APACHE,
        languages="en",
        source="cross-encoder/ms-marco-MiniLM-L6-v2",
    ),
    ModelSpec(
        name="mmarco-mMiniLMv2-L12-H384-v1",
        size_mb=488,
        licence=_APACHE,
        languages="14 languages",
        source="cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
    ),
)
