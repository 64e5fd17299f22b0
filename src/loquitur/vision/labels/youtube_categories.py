"""YouTube's own categories: what an uploader chooses, one a video.

Another vocabulary than the verticals of YouTube-8M, though some names are alike: there "Science" is
a field of knowledge that labels belong to, here "Science & Technology" is a shelf that somebody put
a video on. Never mix the two.

Source: the API's `videoCategories.list`; those with `assignable` true, the same in every region
(https://developers.google.com/youtube/v3/docs/videoCategories).
"""

from __future__ import annotations

YOUTUBE_CATEGORIES: dict[int, str] = {
    1: "Film & Animation",
    2: "Autos & Vehicles",
    10: "Music",
    15: "Pets & Animals",
    17: "Sports",
    19: "Travel & Events",
    20: "Gaming",
    22: "People & Blogs",
    23: "Comedy",
    24: "Entertainment",
    25: "News & Politics",
    26: "Howto & Style",
    27: "Education",
    28: "Science & Technology",
    29: "Nonprofits & Activism",
}
"""`snippet.categoryId` to name; ids from 30 on (films, trailers, shows) nobody can assign."""
