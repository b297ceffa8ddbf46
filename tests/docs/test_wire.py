"""A document's address (PROTOCOL.md A1) names an epoch that a stream can have."""

import pytest

from twinspace_rt.docs.wire import Address, parse_address
from twinspace_rt.streams.epochs import EPOCH_MAX

DOCUMENT = "q0000000000000000000"


@pytest.mark.parametrize("epoch", [1, 27_993_600, EPOCH_MAX])
def test_an_epoch_of_any_age_is_read(epoch: int) -> None:
    assert parse_address(f"{DOCUMENT}.{epoch}") == Address(DOCUMENT, epoch)


@pytest.mark.parametrize("epoch", ["", "0", "01", "-1", "²", str(EPOCH_MAX + 1), "9" * 5000])
def test_what_no_database_holds_is_no_epoch(epoch: str) -> None:
    with pytest.raises(ValueError, match="not an epoch"):
        parse_address(f"{DOCUMENT}.{epoch}")
