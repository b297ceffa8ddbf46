"""What an operator may set, and what is refused at the start."""

from dataclasses import fields

import pytest

from twinspace_rt.errors import BadSetting
from twinspace_rt.settings import RANGES, Settings, load_settings


def test_every_number_has_a_range() -> None:
    assert {f.name for f in fields(Settings) if f.type in {int, float}} == set(RANGES)


@pytest.mark.parametrize("name", RANGES)
def test_a_number_out_of_its_range_is_refused(name: str) -> None:
    variable, (least, most) = f"TWINSPACE_{name.upper()}", RANGES[name]
    for text in (str(least), str(most)):
        assert getattr(load_settings({variable: text}), name) == float(text)
    for text in (str(least - 1), str(most + 1)):
        with pytest.raises(BadSetting, match=rf"^{variable} .*: use {least} to {most}\.$"):
            load_settings({variable: text})


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "soon", ""])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^TWINSPACE_OUTBOX_MAX_AGE_S "):
        load_settings({"TWINSPACE_OUTBOX_MAX_AGE_S": text})


def test_a_name_that_is_no_setting_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"^TWINSPACE_ROOM_MAX is not a setting"):
        load_settings({"TWINSPACE_ROOM_MAX": "600"})
