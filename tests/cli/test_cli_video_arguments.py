"""An id that begins with `-` is an id."""

from __future__ import annotations

import click
from click.testing import CliRunner

from loquitur.cli.video_arguments import VideoCommand
from loquitur.youtube.references import video_id


@click.command(cls=VideoCommand)
@click.argument("videos", nargs=-1)
@click.option("-o", "output", default="")
@click.option("--not-an-id", is_flag=True)
def command(videos, output, not_an_id):
    click.echo(" ".join([*map(video_id, videos), output, str(not_an_id)]))


def test_ids_that_look_like_options_keep_their_place():
    given = ["aaaaaaaaaaa", "-oBcDeFgHiJ", "--_bcDEFghi", "-o", "x.csv", "bbbbbbbbbbb"]
    done = CliRunner().invoke(command, given)
    assert done.output.split() == [
        "aaaaaaaaaaa", "-oBcDeFgHiJ", "--_bcDEFghi", "bbbbbbbbbbb", "x.csv", "False",
    ]  # fmt: skip


def test_an_option_of_eleven_characters_stays_an_option():
    assert len("--not-an-id") == 11
    done = CliRunner().invoke(command, ["aaaaaaaaaaa", "--not-an-id"])
    assert done.output.split()[-1] == "True"


def test_a_mistyped_option_of_eleven_characters_is_told():
    done = CliRunner().invoke(command, ["aaaaaaaaaaa", "--not-an-di"])
    assert (done.exit_code, "No such option" in done.output) == (2, True)
