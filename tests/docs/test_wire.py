"""Messages are read whole, and an address (PROTOCOL.md A1) names an epoch a stream can have."""

import pytest

from twinspace_rt.docs import wire
from twinspace_rt.docs.wire import Address, MessageType, SyncType, parse_address
from twinspace_rt.errors import Disconnect
from twinspace_rt.streams.epochs import EPOCH_MAX

DOCUMENT = "q0000000000000000000"


@pytest.mark.parametrize("epoch", [1, 27_993_600, EPOCH_MAX])
def test_an_epoch_of_any_age_is_read(epoch: int) -> None:
    assert parse_address(f"{DOCUMENT}.{epoch}") == Address(DOCUMENT, epoch)


@pytest.mark.parametrize("epoch", ["", "0", "01", "-1", "²", str(EPOCH_MAX + 1), "9" * 5000])
def test_what_no_database_holds_is_no_epoch(epoch: str) -> None:
    with pytest.raises(ValueError, match="not an epoch"):
        parse_address(f"{DOCUMENT}.{epoch}")


@pytest.mark.parametrize("size", [0, 1, 0x7F, 0x80, 300])
def test_an_update_is_read_whole_or_not_at_all(size: int) -> None:
    frame = b"address" + wire.sync(SyncType.UPDATE, bytes(size))
    start = len(b"address")
    message = wire.read_message(frame, start)
    assert (message.type, message.kind, message.body) == (MessageType.SYNC, 2, bytes(size))
    for other in [frame + b"\0", *(frame[:end] for end in range(start, len(frame)))]:
        with pytest.raises(Disconnect):
            wire.read_message(other, start)
