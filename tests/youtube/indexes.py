"""A search index in memory, for what is pure: it shows the newest few hundred of a range."""

from __future__ import annotations

from datetime import UTC, datetime

from loquitur.youtube.complaints import RefusedInputError
from loquitur.youtube.searching.query import stamp


class Index:
    """Answers `search.list` for one query.

    Args:
        dates: Of each video, Unix seconds; its place is its id.
        limit: The most that one query shows.
        shuffled: Positions are swapped so far within an answer.
        repeats: Every so many items one stands on the next page too.
        empties: Every so many pages one is empty with a token.
        hidden: Ids that only other orders show.
    """

    def __init__(self, dates, *, limit=500, strays=(), repeats=0, empties=0, hidden=()):
        self.dates = dates
        self.limit = limit
        self.strays = dict(strays)
        self.repeats = repeats
        self.empties = empties
        self.hidden = set(hidden)
        self.calls = 0
        self.tokens_die = False

    def call(self, method_id, /, *, body=None, **given):
        assert method_id == "search.list"
        assert body is None
        self.calls += 1
        after = _seconds(given.get("publishedAfter")) or 0
        before = _seconds(given.get("publishedBefore")) or 1 << 40
        by_date = given.get("order") == "date"
        found = [
            (at_s, number)
            for number, at_s in enumerate(self.dates)
            if after <= at_s < before and not (by_date and number in self.hidden)
        ]
        found.sort(key=lambda pair: (-pair[0], pair[1]) if by_date else (pair[1] * 7919 % 104729,))
        shown = found[: self.limit]
        for number, to in self.strays.items():  # one that stands where its date does not
            at = next((i for i, pair in enumerate(shown) if pair[1] == number), None)
            if at is not None:
                shown.insert(min(to, len(shown) - 1), shown.pop(at))
        position, turn = _place(given.get("pageToken"))
        if given.get("pageToken") and self.tokens_die:
            self.tokens_die = False
            raise RefusedInputError("dead", reason="invalidPageToken", status=400)
        empty = self.empties and turn % self.empties == self.empties - 1
        page = [] if empty else shown[position : position + 50]
        if self.repeats and page and position:
            page = [shown[position - 1], *page[: 50 - 1]] if turn % self.repeats == 0 else page
        end = (
            position
            if empty
            else position
            + len(page)
            - (len(page) == 50 and page[0] is shown[position - 1] and bool(position))
        )
        answer = {
            "pageInfo": {"totalResults": 1_000_000},
            "items": [
                {
                    "id": {"videoId": f"{number:011d}"},
                    "snippet": {"publishedAt": stamp(at_s), "title": f"query {number}"},
                }
                for at_s, number in page
            ],
        }
        if end < len(shown):
            answer["nextPageToken"] = f"{end}-{turn + 1}"
        return answer


def _seconds(text):
    if not text:
        return None
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).timestamp())


def _place(token):
    return tuple(int(part) for part in token.split("-")) if token else (0, 0)
