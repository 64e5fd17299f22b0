"""How each kind of checkpoint is made to hear: sound to words, with the times it can give."""

from __future__ import annotations

import inspect
import math
import re
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loquitur.engines.asr.transformers.families import ASKING
from loquitur.engines.asr.transformers.spelling import spell, split_text
from loquitur.errors import UsageError
from loquitur.languages import primary
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.model.speech import RawWord
from loquitur.speech.tokens import Token, group_tokens
from loquitur.timing import from_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.engines.asr.transformers.engine import TransformersOptions
    from loquitur.engines.asr.transformers.families import Family
    from loquitur.model.speech import Word

    Sounds = Sequence[NDArray[np.float32]]
    Heard = list[tuple[Word | RawWord, ...]]

_WHISPER_CODES = {"jv": "jw", "nb": "no", "fil": "tl", "iw": "he", "cmn": "zh", "in": "id"}
_BCP47 = {"jw": "jv"}  # Whisper's own code for Javanese
_UNSPACED = ("zh", "ja", "th", "lo", "my", "km", "yue")  # as the library splits for Whisper
_LONGEST_SAMPLES = 60 * SAMPLE_RATE_HZ  # attention over more is no chunk any more
_REQUEST = "can you transcribe the speech into a written format?"  # of Granite Speech's card


class Listener(Protocol):
    """One loaded checkpoint."""

    languages: tuple[str, ...] | None
    longest_samples: int
    batches: bool
    found: list[str]

    def accept(self, language: str) -> str:
        """The language as the model calls it, empty for detection.

        Raises:
            UsageError: It does not know it, or must be told one.
        """

    def hear(self, sounds: Sounds, language: str) -> Heard:
        """The words of each sound; whatever the library raises goes through.

        `found` then has the language of each, empty where the model does not say.
        """


def listener(family: Family, model: Any, options: TransformersOptions, *, folder: Path) -> Listener:
    """What listens with a loaded model of a family.

    Args:
        family: What the checkpoint is.
        model: On its device, in evaluation.
        options: Of the engine.
        folder: Where tokenizer and feature extractor lie.
    """
    if family == "whisper":
        return Whisper(model, options, folder)
    if family == "ctc":
        return Ctc(model, options, folder)
    if family == "transducer":
        return Transducer(model, folder)
    return Writer(model, options, folder)


class Whisper:
    """Radford et al. 2022; word times by dynamic time warping over its cross-attention.

    Asked as the library's pipeline asks for word times. A token spans the time from the step
    before to its own; its posterior is that among the tokens Whisper allowed at the step.
    """

    batches = True

    def __init__(self, model: Any, options: TransformersOptions, folder: Path) -> None:
        import transformers

        self.found: list[str] = []
        processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._model = model
        _keep_aligned_attention(model)
        self._name = folder.name
        self._extract = processor.feature_extractor
        self._tokenizer = processor.tokenizer
        self.longest_samples = int(self._extract.n_samples)
        settings = model.generation_config
        self._first_time = settings.no_timestamps_token_id + 1
        self._many = bool(getattr(settings, "is_multilingual", True))
        codes = [code.strip("<|>") for code in getattr(settings, "lang_to_id", None) or {}]
        self.languages: tuple[str, ...] | None = tuple(codes) if self._many else ("en",)
        self._asking: dict[str, Any] = {"num_beams": options.beams, "do_sample": False}
        if options.max_new_tokens:
            settings.max_length = None
            self._asking["max_new_tokens"] = options.max_new_tokens
        if self._many:
            self._asking["task"] = options.task

    def accept(self, language: str) -> str:
        """The code of Whisper's tokenizer."""
        found = primary(language)
        found = _WHISPER_CODES.get(found, found)
        return _checked(found, language, self.languages or (), self._name)

    def hear(self, sounds: Sounds, language: str) -> Heard:
        """Asks for tokens with times, and groups them to words."""
        inputs = self._extract(
            list(sounds),
            sampling_rate=SAMPLE_RATE_HZ,
            return_tensors="pt",
            return_attention_mask=True,
        ).to(self._model.device)
        asked = {"language": f"<|{language}|>"} if language and self._many else {}
        said = self._model.generate(
            inputs["input_features"].to(self._model.dtype),
            attention_mask=inputs["attention_mask"],
            return_timestamps=True,
            return_token_timestamps=True,
            return_segments=True,
            **self._asking,
            **asked,
        )
        rows = list(said["segments"])
        codes = [language or self._heard(segments) for segments in rows]
        self.found = [_BCP47.get(code, code) for code in codes]
        return [
            tuple(self._words(segments, len(sound), code))
            for segments, sound, code in zip(rows, sounds, codes, strict=True)
        ]

    def _words(self, segments: Sequence[Any], count: int, language: str) -> Iterator[Word]:
        length_s = count / SAMPLE_RATE_HZ
        tokens = [
            token
            for segment in segments
            for token in self._tokens(segment)
            if token.start_s < length_s  # later ones were heard in the silence it is padded with
        ]
        if language in _UNSPACED:
            tokens = [_apart(token) for token in tokens]
        yield from group_tokens(tokens, duration_ms=from_samples(count, SAMPLE_RATE_HZ))

    def _tokens(self, segment: Any) -> list[Token]:
        ids = segment["tokens"].tolist()
        ends = segment["token_timestamps"].tolist()
        starts = [ends[0] if ends else 0.0, *ends[:-1]]
        logs = self._posteriors(segment, ids)
        plain = [at for at, token in enumerate(ids) if token < self._tokenizer.eos_token_id]
        return list(
            spell(
                [ids[at] for at in plain],
                [(starts[at], ends[at]) for at in plain],
                [logs[at] for at in plain],
                self._tokenizer.decode,
            )
        )

    def _posteriors(self, segment: Any, ids: list[int]) -> list[float | None]:
        """Natural logarithms; None where several beams hide which step gave which token."""
        result = segment["result"]
        scores = result.get("scores") if isinstance(result, dict) else None
        if not scores or self._asking["num_beams"] > 1:
            return [None] * len(ids)
        skipped = len(result["sequences"]) - len(scores)
        first = segment["idxs"][0] - skipped
        return [
            float(scores[first + at].float().log_softmax(-1)[token])
            if 0 <= first + at < len(scores)
            else None
            for at, token in enumerate(ids)
        ]

    def _heard(self, segments: Sequence[Any]) -> str:
        """The language Whisper found, from the marks before its first token."""
        if not segments or not isinstance(segments[0]["result"], dict):
            return ""
        before = segments[0]["result"]["sequences"].tolist()[:4]
        codes = getattr(self._model.generation_config, "lang_to_id", None) or {}
        names = {token: code.strip("<|>") for code, token in codes.items()}
        return next((names[token] for token in before if token in names), "")


def _keep_aligned_attention(model: Any) -> None:
    """Has a Whisper keep of its attention only what word times are read from.

    Those are some layers of the decoder's attention to the sound. The library asks encoder and
    decoder for all there is, keeps it and brings it to the processor step by step: of large-v3's
    encoder alone 2.9 GB for each chunk of a batch, in half precision.
    """
    layers = {layer for layer, _ in model.generation_config.alignment_heads}

    def call(_: Any, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[Any, Any]:
        return args, given | {"output_attentions": False}

    def keep(_: Any, args: tuple[Any, ...], found: Any) -> None:
        if getattr(found, "cross_attentions", None):
            found.attentions = ()
            found.cross_attentions = tuple(
                weights if at in layers else weights[:, :0]  # no heads of this layer
                for at, weights in enumerate(found.cross_attentions)
            )

    model.get_encoder().register_forward_pre_hook(call, with_kwargs=True)
    model.get_decoder().register_forward_hook(keep)


class Ctc:
    """Connectionist temporal classification: the best path, its pieces timed by their frames.

    A piece lasts from its first to its last frame; its posterior is the geometric mean of theirs.
    """

    languages: tuple[str, ...] | None = None
    longest_samples = _LONGEST_SAMPLES

    def __init__(self, model: Any, options: TransformersOptions, folder: Path) -> None:
        import transformers

        self.found: list[str] = []  # it does not say
        given: dict[str, Any] = {"local_files_only": True}
        self._extract = transformers.AutoFeatureExtractor.from_pretrained(folder, **given)
        if options.adapter:
            given["target_lang"] = options.adapter
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **given)
        self._model = model
        self._pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._delimiter = getattr(tokenizer, "word_delimiter_token", None)
        self._blank = int(model.config.pad_token_id)
        self._silent = set(tokenizer.all_special_ids) | {self._blank}
        # Without a mask the padding of a batch would be heard, and change the words
        self.batches = bool(
            getattr(self._extract, "return_attention_mask", False)
            or (
                "attention_mask" in self._extract.model_input_names[:2]
                and self._extract.model_input_names[0] == "input_features"
            )
        )
        self._frame_samples = _frame_samples(model.config, self._extract)

    def accept(self, language: str) -> str:
        """Any: such a model does not say which languages it knows."""
        return primary(language)

    def hear(self, sounds: Sounds, language: str) -> Heard:
        """One pass, and the best piece of every frame."""
        inputs = self._extract(
            list(sounds),
            sampling_rate=SAMPLE_RATE_HZ,
            return_tensors="pt",
            padding=True,
            return_attention_mask=self.batches,
        ).to(self._model.device)
        name = self._model.main_input_name
        inputs[name] = inputs[name].to(self._model.dtype)
        logits = self._model(**inputs).logits.float()
        best, ids = logits.log_softmax(-1).max(-1)
        longest = max(len(sound) for sound in sounds)
        frame_samples = self._frame_samples or longest / ids.shape[1]
        return [
            tuple(
                self._words(
                    row_ids.tolist(),
                    row_best.tolist(),
                    duration_ms=from_samples(len(sound), SAMPLE_RATE_HZ),
                    frame_s=frame_samples / SAMPLE_RATE_HZ,
                )
            )
            for row_ids, row_best, sound in zip(
                self._cut(ids, sounds, frame_samples),
                self._cut(best, sounds, frame_samples),
                sounds,
                strict=True,
            )
        ]

    def _cut(self, rows: Any, sounds: Sounds, frame_samples: float) -> list[Any]:
        """Of each row the frames that are of its sound, not of the padding."""
        if self._model.main_input_name == "input_values":
            count = self._model._get_feat_extract_output_lengths  # noqa: SLF001 - no public way
            lengths = [int(count(len(sound))) for sound in sounds]
        else:
            lengths = [-(-len(sound) // round(frame_samples)) for sound in sounds]
        return [row[: max(1, length)].cpu() for row, length in zip(rows, lengths, strict=True)]

    def _words(
        self, ids: list[int], logs: list[float], *, duration_ms: int, frame_s: float
    ) -> Iterator[Word]:
        frames = len(ids)
        tokens: list[Token] = []
        first, opens = 0, True
        for at in range(1, frames + 1):
            if at < frames and ids[at] == ids[first]:
                continue
            piece = self._pieces[ids[first]]
            if piece == self._delimiter:
                opens = True
            elif ids[first] not in self._silent:
                tokens.append(
                    Token(
                        text=f" {piece}" if opens else piece,
                        start_s=first * frame_s,
                        end_s=at * frame_s,
                        log_probability=float(np.mean(logs[first:at])),
                    )
                )
                # pieces of a sentence say themselves where a word begins
                opens = self._delimiter is None and not tokens
            first = at
        yield from group_tokens(tokens, duration_ms=duration_ms)


class Transducer:
    """Parakeet-TDT and RNN-T: each piece comes with the frame it was emitted at."""

    languages: tuple[str, ...] | None = None
    longest_samples = _LONGEST_SAMPLES
    batches = True

    def __init__(self, model: Any, folder: Path) -> None:
        import transformers

        self.found: list[str] = []  # it does not say
        processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        tokenizer = processor.tokenizer
        self._model = model
        self._processor = processor
        self._pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._silent = {*tokenizer.all_special_ids, model.config.blank_token_id}
        samples = _frame_samples(model.config, processor.feature_extractor)
        self._frame_s = (samples or 1280) / SAMPLE_RATE_HZ

    def accept(self, language: str) -> str:
        """Any: the model takes no hint."""
        return primary(language)

    def hear(self, sounds: Sounds, language: str) -> Heard:
        """Pieces with the number of frames that each of them takes."""
        inputs = self._processor(list(sounds), sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
        inputs = inputs.to(self._model.device, dtype=self._model.dtype)
        said = self._model.generate(**inputs, return_dict_in_generate=True)
        rows = zip(said.sequences.tolist(), said.durations.tolist(), sounds, strict=True)
        return [tuple(self._words(ids, steps, len(sound))) for ids, steps, sound in rows]

    def _words(self, ids: list[int], steps: list[int], count: int) -> Iterator[Word]:
        tokens, frame = [], 0
        frames = math.ceil(count / SAMPLE_RATE_HZ / self._frame_s)
        for piece, step in zip(ids, steps, strict=True):
            if frame >= frames:
                break  # until the longest of a batch ends, the library hears what pads the others
            if piece not in self._silent and piece < len(self._pieces):
                start_s = frame * self._frame_s
                end_s = start_s + step * self._frame_s
                tokens.append(Token(text=self._pieces[piece], start_s=start_s, end_s=end_s))
            frame += step
        yield from group_tokens(tokens, duration_ms=from_samples(count, SAMPLE_RATE_HZ))


class Writer:
    """Models that only write text: Moonshine, speech LLMs, Whisper without alignment heads."""

    languages: tuple[str, ...] | None = None
    longest_samples = _LONGEST_SAMPLES

    def __init__(self, model: Any, options: TransformersOptions, folder: Path) -> None:
        import transformers

        self.found: list[str] = []  # it does not say
        self._model = model
        self._name = folder.name
        self._processor = transformers.AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._asking = ASKING.get(model.config.model_type, "sound")
        self._most = options.max_new_tokens or 440
        self._beams = options.beams
        extract: Any = getattr(self._processor, "feature_extractor", None)
        # Moonshine hears the padding of a batch as the library's wav2vec2 does
        self.batches = self._asking != "sound" or hasattr(extract, "n_samples")
        if model.config.model_type == "whisper" and extract is not None:
            self.longest_samples = int(extract.n_samples)
        elif hasattr(extract, "max_audio_clip_s"):  # more it would cut up itself
            self.longest_samples = int(extract.max_audio_clip_s * SAMPLE_RATE_HZ)

    def accept(self, language: str) -> str:
        """Any, but some must be told one."""
        found = primary(language)
        if self._asking != "language":
            return found
        if not found:
            raise UsageError(
                f"{self._name} must be told the language",
                hint="set --language",
                code="LQ-NO-LANGUAGE",
            )
        marks = self._processor.tokenizer.get_vocab()
        known = [mark[2:-2] for mark in sorted(marks) if re.fullmatch(r"<\|[a-z]{2}\|>", mark)]
        return _checked(found, language, known, self._name)

    def hear(self, sounds: Sounds, language: str) -> Heard:
        """Text, split to words without times."""
        inputs = self._asked(list(sounds), language)
        inputs = inputs.to(self._model.device, dtype=self._model.dtype)
        asked: dict[str, Any] = {"max_new_tokens": self._most, "do_sample": False}
        if self._beams > 1:
            asked["num_beams"] = self._beams
        if self._model.config.model_type == "whisper" and language:
            asked["language"] = f"<|{language}|>"
        self._model.generation_config.max_length = None
        said = self._model.generate(**inputs, **asked)
        ids = getattr(said, "sequences", said)
        if not self._model.config.is_encoder_decoder and "input_ids" in inputs:
            ids = ids[:, inputs["input_ids"].shape[1] :]
        return [
            tuple(RawWord(start_ms=None, end_ms=None, text=word) for word in split_text(text))
            for text in self._texts(ids)
        ]

    def _asked(self, sounds: list[Any], language: str) -> Any:
        """The inputs of a request to write down, in the form of the model's processor."""
        given: dict[str, Any] = {"sampling_rate": SAMPLE_RATE_HZ, "return_tensors": "pt"}
        if self._asking == "request":
            request = self._processor.apply_transcription_request
            known = inspect.signature(request).parameters
            more = {
                "language": language or None,
                "source_language": language or "en",
                "sampling_rate": SAMPLE_RATE_HZ,
                "model_id": self._name,
                "format": ["wav"] * len(sounds),
            }
            return request(sounds, **{name: more[name] for name in more if name in known})
        if self._asking == "language":
            return self._processor(sounds, language=language, **given)
        if self._asking == "chat":
            audio = self._processor.audio_token
            chat = [{"role": "user", "content": f"{audio}{_REQUEST}"}]
            prompt = self._processor.tokenizer.apply_chat_template(
                chat, tokenize=False, add_generation_prompt=True
            )
            return self._processor([prompt] * len(sounds), sounds, return_tensors="pt")
        return self._processor(sounds, **given)

    def _texts(self, ids: Any) -> list[str]:
        decode = self._processor.decode
        known = inspect.signature(decode).parameters
        more: dict[str, Any] = {"skip_special_tokens": True}
        if "return_format" in known:
            more = {"return_format": "transcription_only"}
        elif "strip_prefix" in known:
            more["strip_prefix"] = True
        return [str(decode(row, **more)) for row in ids]


def _apart(token: Token) -> Token:
    return Token(
        text=f" {token.text}",
        start_s=token.start_s,
        end_s=token.end_s,
        log_probability=token.log_probability,
    )


def _checked(found: str, language: str, known: Sequence[str], name: str) -> str:
    if found and known and found not in known:
        listed = " ".join(known) if len(known) < 30 else f"{len(known)} others"
        raise UsageError(
            f"{name} does not know the language '{language}'",
            hint=f"it knows {listed}",
            code="LQ-NO-LANGUAGE",
        )
    return found


def _frame_samples(config: Any, extract: Any) -> float | None:
    """Samples per frame of the model's output, as its files tell; None where they do not."""
    ratio = getattr(config, "inputs_to_logits_ratio", None)
    if ratio:
        return float(ratio)
    hop = getattr(extract, "hop_length", None)
    factor = getattr(getattr(config, "encoder_config", None), "subsampling_factor", None)
    return float(hop * factor) if hop and factor else None
