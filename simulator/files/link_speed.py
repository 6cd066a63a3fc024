"""Speed and duplex of one end of a link, as people write them: `speed: 100 Mbit/s, duplex: full`."""

from __future__ import annotations

from typing import Literal

from simulator.plant.ethernet import LinkSetting

__all__ = ["DuplexWord", "SpeedWord", "link_setting"]

SpeedWord = Literal["auto", "10 Mbit/s", "100 Mbit/s", "1 Gbit/s", "10 Gbit/s"]
DuplexWord = Literal["auto", "half", "full"]
_SPEEDS: dict[SpeedWord, int | None] = {
    "auto": None,
    "10 Mbit/s": 10**7,
    "100 Mbit/s": 10**8,
    "1 Gbit/s": 10**9,
    "10 Gbit/s": 10**10,
}
_DUPLEXES: dict[DuplexWord, bool | None] = {"auto": None, "half": False, "full": True}


def link_setting(speed: SpeedWord, duplex: DuplexWord) -> LinkSetting:
    return LinkSetting(_SPEEDS[speed], _DUPLEXES[duplex])
