"""What is printed on cards, how addresses are grouped, and where they are read from."""

import re

import pytest

from twinspace_rt.accounts import cards
from twinspace_rt.accounts.guessing import ADDRESS_WRONG_MAX, Addresses, network_of
from twinspace_rt.accounts.http import device
from twinspace_rt.accounts.tokens import new_code


@pytest.mark.parametrize("language", cards.LANGUAGES)
def test_the_words_are_many_and_easy_to_type(language: str) -> None:
    known = cards._word_list(language)
    assert len(known) == len(set(known)) >= 500
    assert all(re.fullmatch("[a-z]{3,9}", word) for word in known)
    first, second = cards.new_words(language), cards.new_words(language)
    assert first != second
    assert cards.read_words(first) == first
    assert set(first.split("-")) <= set(known)


def test_a_language_without_a_list_gets_english_words() -> None:
    assert set(cards.new_words("el").split("-")) <= set(cards._word_list("en"))


def test_a_code_survives_being_read_aloud() -> None:
    for _ in range(50):
        code = new_code()
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", code)
        heard = code.lower().replace("0", "O").replace("1", "i")
        assert cards.read_code(f"{heard[:4]} {heard[4:]}") == code


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_addresses_count_by_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_an_address_is_spent_until_its_hour_is_over() -> None:
    now = 100.0
    addresses = Addresses(clock=lambda: now)
    for _ in range(ADDRESS_WRONG_MAX - 1):
        addresses.note_wrong("2001:db8::1")
    assert not addresses.is_spent("2001:db8::2")
    addresses.note_wrong("2001:db8::3")
    assert addresses.is_spent("2001:db8::2")
    assert not addresses.is_spent("2001:db8:0:1::1")
    now += 3600
    assert not addresses.is_spent("2001:db8::2")


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit Chrome/140.0 Safari/537",
            "Chrome, Chromebook",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18) AppleWebKit Version/18 Safari/604",
            "Safari, iPhone",
        ),
        ("curl/8", ""),
    ],
)
def test_devices_are_named_roughly(user_agent: str, name: str) -> None:
    assert device(user_agent) == name
