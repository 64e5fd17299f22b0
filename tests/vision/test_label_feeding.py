"""Batches of labelled videos: each record once an epoch, whoever reads it, wherever one goes on."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError, UsageError
from loquitur.media.frames import uniform_indices
from loquitur.vision.labels.columns import joined, taken
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding import batches as batches_module
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.data import Found
from loquitur.vision.labels.feeding.memory import MemoryDataset
from loquitur.vision.labels.feeding.order import Order, share
from loquitur.vision.labels.feeding.statistics import label_counts

INFO = DatasetInfo(
    name="small",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=6), StreamInfo(name="audio", dimension=3)),
    labels=40,
)


def offsets(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def films(many, seed=0, most=12):
    """Videos of 0 to `most` rows with 0 to 4 labels."""
    chance = np.random.default_rng(seed)
    streams = {}
    for stream in INFO.streams:
        at = offsets(chance.integers(0, most + 1, many))
        rows = chance.integers(0, 256, (at[-1], stream.dimension), np.uint8)
        streams[stream.name] = Stream(rows=rows, offsets=at)
    labels = [np.sort(chance.choice(40, chance.integers(0, 5), replace=False)) for _ in range(many)]
    return Examples(
        video_ids=tuple(f"v{seed}-{number}" for number in range(many)),
        labels=np.concatenate([np.zeros(0, np.int64), *labels]),
        label_offsets=offsets([len(one) for one in labels]),
        streams=streams,
    )


class Shelf:
    """Several shards in memory; remembers what was asked of it."""

    info = INFO

    def __init__(self, shards):
        self.shards = shards
        self.asked = []
        self.lock = threading.Lock()

    block = 256
    buffer = 0

    def version(self, part):
        return ""

    def lost(self, part):
        return ()

    def counts(self, part):
        return np.array([len(one) for one in self.shards], np.int64)

    def read(self, part, shard, records, streams=None):
        assert (np.diff(records) > 0).all()
        with self.lock:
            self.asked.append((threading.get_ident(), shard, records.tolist()))
        return Found(examples=taken(self.shards[shard], records, streams), records=records)


def ids(batches):
    return [batch.video_ids for batch in batches]


COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=12)


@given(
    counts=COUNTS,
    seed=st.integers(0, 5),
    buffer=st.integers(1, 60),
    block=st.integers(0, 20),
    shuffle=st.booleans(),
)
def test_an_epoch_is_every_record_once(counts, seed, buffer, block, shuffle):
    order = Order(np.array(counts), seed=seed, shuffle=shuffle, buffer=buffer, block=block).epoch(3)
    shards, records = order.places(0, order.total)
    wanted = [(shard, record) for shard, many in enumerate(counts) for record in range(many)]
    found = list(zip(shards.tolist(), records.tolist(), strict=True))
    assert sorted(found) == wanted
    if not shuffle:
        assert found == wanted


@given(counts=COUNTS, cuts=st.lists(st.integers(0, 300), max_size=8), buffer=st.integers(1, 60))
def test_a_place_needs_none_before_it(counts, cuts, buffer):
    order = Order(np.array(counts), buffer=buffer, block=7).epoch(1)
    whole = np.stack(order.places(0, order.total))
    edges = sorted({0, order.total, *(min(cut, order.total) for cut in cuts)})
    parts = [np.stack(order.places(*pair)) for pair in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate([np.zeros((2, 0), np.int64), *parts], axis=1), whole)


def test_epochs_and_seeds_differ_and_come_again():
    counts = np.full(8, 100)

    def first(seed, epoch):
        return np.stack(Order(counts, seed=seed).epoch(epoch).places(0, 800)).tolist()

    assert first(0, 0) == first(0, 0)
    assert len({str(first(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_neighbours_meet_no_further_than_a_window():
    order = Order(np.array([1000] * 10), buffer=500, block=100).epoch(0)
    for window in range(20):
        shards, records = order.places(window * 500, (window + 1) * 500)
        blocks = {(shard, record // 100) for shard, record in zip(shards, records, strict=True)}
        assert len(blocks) == 5
    shards, _ = Order(np.array([1000] * 10), buffer=500, block=0).epoch(0).places(0, 1000)
    assert len(set(shards.tolist())) == 1  # whole shards one after another


def test_mixing_is_fair():
    """Where a record stands follows no pattern: its mean over seeds is near the middle."""
    places = np.zeros(200)
    for seed in range(400):
        _, records = Order(np.array([200]), seed=seed, block=16).epoch(0).places(0, 200)
        places[records] += np.arange(200)
    # the mean of 400 places of 0..199 has a deviation of 57.7 / 20
    assert np.abs(places / 400 - 99.5).max() < 5 * 57.7 / 20


@given(
    many=st.integers(0, 50),
    shards=st.integers(1, 6),
    world=st.integers(1, 9),
    seed=st.integers(0, 9),
)
def test_shares_make_up_the_batch(many, shards, world, seed):
    chance = np.random.default_rng(seed)
    at = chance.permutation(shards * 50)[:many]
    parts = [share(at // 50, at % 50, (rank, world)) for rank in range(world)]
    found = [pair for part in parts for pair in zip(*(one.tolist() for one in part), strict=True)]
    assert sorted(found) == sorted(zip((at // 50).tolist(), (at % 50).tolist(), strict=True))
    sizes = [len(part[0]) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    for part in parts:  # records of one shard side by side, ascending: but for the ends of a part
        assert len(list(itertools.groupby(part[0].tolist()))) == len(set(part[0].tolist()))


def test_machines_keep_to_their_shards():
    counts = np.full(64, 500)
    order = Order(counts, block=0).epoch(0)
    mine = [set(), set()]
    for step in range(0, order.total, 512):
        for rank in (0, 1):
            shards, _ = share(*order.places(step, step + 512), (rank, 2))
            mine[rank].update(zip(shards.tolist(), itertools.repeat(step)))
    both = len(mine[0] & mine[1]) / len(mine[0] | mine[1])
    assert both < 0.2  # of the shards of a batch those that two machines read from


def test_two_machines_of_eight_readers_read_every_record_once():
    shelf = Shelf([films(many, seed) for seed, many in enumerate([31, 0, 57, 8, 120, 64])])
    wanted = sorted(video for shard in shelf.shards for video in shard.video_ids)
    for epoch in (0, 1):
        seen = []
        for rank in (0, 1):
            batches = LabelBatches(
                shelf, "train", batch=32, seed=7, shard=(rank, 2), workers=8, buffer=64, block=16
            )
            got = list(batches.epoch(epoch))
            assert len(got) == batches.steps() == 9
            seen += [video for batch in got for video in batch.video_ids]
        assert sorted(seen) == wanted
    assert sum(len(records) for _, _, records in shelf.asked) == 2 * len(wanted)


def test_small_batches_lie_ready_and_large_ones_one_a_thread(monkeypatch):
    """A thread that gets no turn for some steps keeps nobody waiting, and memory stays bounded."""
    shelf = Shelf([films(400)])

    def read_ahead(due):
        shelf.asked.clear()
        stream = LabelBatches(shelf, "train", batch=4, workers=2).epochs(0)
        used = [next(stream) for _ in range(40)]
        for _ in range(2000):
            if len(shelf.asked) - len(used) >= due:
                break
            time.sleep(0.005)
        stream.close()  # waits for what is begun
        return len(shelf.asked) - len(used)

    assert 16 <= read_ahead(16) <= 33
    monkeypatch.setattr(batches_module, "_AHEAD_BYTES", 1)
    assert read_ahead(0) <= 3


@pytest.mark.parametrize("shard", [(0, 1), (1, 2)])
def test_a_small_last_batch_calls_for_no_more_large_ones(monkeypatch, shard):
    """Of 41 videos ten batches of four and one of one, or of none where machines share it."""
    shelf = Shelf([films(41)])
    monkeypatch.setattr(batches_module, "_size", lambda batch: 100 if len(batch) > 1 else 1)
    monkeypatch.setattr(batches_module, "_AHEAD_BYTES", 300)
    stream = LabelBatches(shelf, "train", batch=4, workers=2, shard=shard).epochs(0)
    for _ in range(11):
        next(stream)
    before = len(shelf.asked)
    next(stream)
    stream.close()  # waits for what is begun
    assert len(shelf.asked) - before <= 4


@settings(deadline=None, max_examples=25)
@given(
    done=st.integers(0, 12),
    world=st.integers(1, 5),
    workers=st.sampled_from([0, 1, 3]),
    epoch=st.integers(0, 3),
)
def test_going_on_is_what_would_have_come(done, world, workers, epoch):
    shelf = Shelf([films(many, seed) for seed, many in enumerate([31, 57, 8])])
    for rank in range(world):
        options = {"batch": 8, "seed": 3, "shard": (rank, world), "buffer": 32, "block": 8}
        straight = LabelBatches(shelf, "train", **options)
        whole = ids(straight.epoch(epoch)) + ids(straight.epoch(epoch + 1))
        shelf.asked.clear()
        onward = LabelBatches(shelf, "train", workers=workers, **options).epochs(epoch, done)
        got = ids(itertools.islice(onward, 12))
        onward.close()
        assert got == whole[done : done + 12]
        if not workers:  # nothing that was passed is read
            assert sum(len(one) for _, _, one in shelf.asked) == sum(map(len, got))


def test_a_batch_is_the_same_however_many_share_it():
    shelf = Shelf([films(many, seed) for seed, many in enumerate([31, 57, 8])])
    alone = LabelBatches(shelf, "train", batch=10, seed=3, buffer=32, block=8)
    for world in (2, 3, 16):
        shared = [
            ids(
                LabelBatches(
                    shelf, "train", batch=10, seed=3, buffer=32, block=8, shard=(rank, world)
                ).epoch(2)
            )
            for rank in range(world)
        ]
        for step, videos in enumerate(ids(alone.epoch(2))):
            assert sorted(videos) == sorted(v for one in shared for v in one[step])


def test_one_goes_on_with_another_number_of_machines():
    shelf = Shelf([films(many, seed) for seed, many in enumerate([31, 57, 8])])
    seen = []
    for world, steps in ((2, (0, 4)), (3, (4, 7)), (1, (7, 10))):
        for rank in range(world):
            batches = LabelBatches(
                shelf, "train", batch=10, seed=1, shard=(rank, world), workers=8, buffer=32, block=8
            )
            mine = itertools.islice(batches.epoch(5, steps[0]), steps[1] - steps[0])
            seen += [video for batch in mine for video in batch.video_ids]
    assert sorted(seen) == sorted(video for shard in shelf.shards for video in shard.video_ids)


def test_three_thousand_rows_are_thinned():
    rows = np.repeat(np.arange(3000) % 256, 6).reshape(3000, 6).astype(np.uint8)
    long = Examples(
        video_ids=("long", "none"), labels=np.zeros(0, np.int64), label_offsets=offsets([0, 0]),
        streams={"rgb": Stream(rows=rows, offsets=offsets([3000, 0]))},
    )  # fmt: skip
    (batch,) = LabelBatches(Shelf([long]), "train", batch=2, shuffle=False).epoch(0)
    assert batch.streams["rgb"].shape == (2, 300, 6)
    assert batch.lengths["rgb"].tolist() == [300, 0]
    assert batch.lengths["audio"].tolist() == [0, 0]
    assert np.array_equal(batch.streams["rgb"][0], rows[uniform_indices(3000, 300)])


def test_rows_labels_and_lengths_are_the_videos_own():
    films_ = films(50)
    data = MemoryDataset(INFO, {"train": films_})
    batches = LabelBatches(data, "train", batch=16, most_rows=9)
    seen = 0
    for batch in batches.epoch(0):
        for row, video in enumerate(batch.video_ids):
            number = int(video.split("-")[1])
            labels = batch.labels[row]
            assert labels[labels >= 0].tolist() == films_.labels_of(number).tolist()
            for name, stream in films_.streams.items():
                mine, many = stream.of(number), int(batch.lengths[name][row])
                assert many == min(len(mine), 9)
                if len(mine) <= 9:
                    assert np.array_equal(batch.streams[name][row, :many], mine)
                else:
                    assert np.array_equal(batch.streams[name][row, 0], mine[0])
                    assert np.array_equal(batch.streams[name][row, 8], mine[-1])
                assert not batch.streams[name][row, many:].any()
            seen += 1
    longer = np.maximum(*(stream.lengths for stream in films_.streams.values())) > 9
    assert (seen, batches.record.videos, batches.record.shortened) == (50, 50, longer.sum())


def test_cropped_videos_keep_their_beginning():
    films_ = films(20)
    batches = LabelBatches(
        MemoryDataset(INFO, {"train": films_}), "train", batch=20, most_rows=4, shortening="crop",
        shuffle=False,
    )  # fmt: skip
    (batch,) = batches.epoch(0)
    for row in range(20):
        many = int(batch.lengths["rgb"][row])
        assert np.array_equal(batch.streams["rgb"][row, :many], films_.streams["rgb"].of(row)[:4])


def test_an_order_that_is_not_shuffled_is_that_of_the_shards():
    shelf = Shelf([films(many, seed) for seed, many in enumerate([5, 0, 7])])
    batches = LabelBatches(shelf, "validate", batch=4, shuffle=False, workers=2)
    assert [v for batch in batches.epoch(0) for v in batch.video_ids] == [
        v for shard in shelf.shards for v in shard.video_ids
    ]


def test_a_share_may_be_of_no_videos():
    data = MemoryDataset(INFO, {"train": films(3)})
    batches = [
        next(LabelBatches(data, "train", batch=4, shard=(rank, 4)).epoch(0)) for rank in range(4)
    ]
    empty = [one for one in batches if not len(one)]
    assert len(empty) == 1
    assert empty[0].streams["rgb"].shape == (0, 1, 6)
    assert empty[0].labels.shape == (0, 1)


def test_streams_are_chosen_by_name():
    data = MemoryDataset(INFO, {"train": films(9)})
    (batch,) = LabelBatches(data, "train", batch=9, streams=("audio",)).epoch(0)
    assert list(batch.streams) == list(batch.lengths) == ["audio"]
    with pytest.raises(UsageError, match="no stream 'words'") as caught:
        LabelBatches(data, "train", batch=9, streams=("audio", "words"))
    assert caught.value.hint == "there are: rgb, audio"


def test_an_absent_stream_is_of_no_rows():
    bare = films(4)
    bare = Examples(
        video_ids=bare.video_ids, labels=bare.labels, label_offsets=bare.label_offsets,
        streams={"rgb": bare.streams["rgb"]},
    )  # fmt: skip
    (batch,) = LabelBatches(Shelf([bare, films(3, 1)]), "train", batch=9, shuffle=False).epoch(0)
    assert batch.lengths["audio"][:4].tolist() == [0, 0, 0, 0]
    assert batch.lengths["audio"][4:].tolist() == films(3, 1).streams["audio"].lengths.tolist()
    assert not batch.streams["audio"][:4].any()


def test_rows_of_another_width_are_refused():
    wide = Stream(rows=np.zeros((2, 7), np.uint8), offsets=offsets([1, 1]))
    strange = Examples(
        video_ids=("a", "b"), labels=np.zeros(0, np.int64), label_offsets=offsets([0, 0]),
        streams={"rgb": wide},
    )  # fmt: skip
    batches = LabelBatches(Shelf([strange]), "train", batch=2)
    with pytest.raises(InputError, match="'rgb' are 7 numbers of uint8, not the 6"):
        next(batches.epoch(0))


def test_nothing_to_read_is_told():
    data = MemoryDataset(INFO, {"train": films(0), "validate": films(2)})
    with pytest.raises(InputError, match="no videos in its part 'train'"):
        LabelBatches(data, "train", batch=2)
    with pytest.raises(InputError, match="no part 'test'") as caught:
        LabelBatches(data, "test", batch=2)
    assert caught.value.hint == "there are: train, validate"


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 0},
        {"most_rows": 0},
        {"workers": -1},
        {"shard": (2, 2)},
        {"seed": -1},
        {"buffer": 0},
    ],
)
def test_nonsense_is_refused(wrong):
    data = MemoryDataset(INFO, {"train": films(3)})
    with pytest.raises(ValueError, match=r"."):
        LabelBatches(data, "train", **({"batch": 2} | wrong))


def test_five_million_records_need_little_memory():
    order = Order(np.full(3844, 1300))
    epoch = order.epoch(0)
    held = sum(one.nbytes for one in (epoch.shards, epoch.firsts, epoch.ends))
    assert order.total == 4_997_200
    assert held < 1 << 20
    shards, records = epoch.places(4_000_000, 4_000_512)
    assert len(set(zip(shards.tolist(), records.tolist(), strict=True))) == 512


@given(
    parts=st.lists(st.integers(0, 6), min_size=1, max_size=4), chosen=st.lists(st.integers(0, 5))
)
def test_columns_taken_and_joined_are_the_same_videos(parts, chosen):
    several = [films(many, seed) for seed, many in enumerate(parts)]
    whole = joined(several)
    at = 0
    for one in several:
        for video in range(len(one)):
            assert whole.video_ids[at] == one.video_ids[video]
            assert np.array_equal(whole.labels_of(at), one.labels_of(video))
            for name in one.streams:
                assert np.array_equal(whole.streams[name].of(at), one.streams[name].of(video))
            at += 1
    some = np.array([number for number in chosen if number < at], np.int64)
    part = taken(whole, some)
    for place, video in enumerate(some):
        assert np.array_equal(part.streams["rgb"].of(place), whole.streams["rgb"].of(video))
        assert np.array_equal(part.labels_of(place), whole.labels_of(video))


def test_labels_are_counted():
    films_ = films(200)
    data = MemoryDataset(INFO, {"train": films_})
    found = label_counts(data, "train")
    assert found.counts.tolist() == [int((films_.labels == label).sum()) for label in range(40)]
    assert (found.videos, found.unlabelled) == (
        200,
        int((np.diff(films_.label_offsets) == 0).sum()),
    )
    assert found.shares.max() == found.counts.max() / 200


def test_a_label_out_of_range_is_refused():
    strange = Examples(
        video_ids=("a",), labels=np.array([40]), label_offsets=offsets([1]), streams={}
    )
    with pytest.raises(InputError, match="label 40 in 'small', which has 40"):
        label_counts(MemoryDataset(INFO, {"train": strange}), "train")
