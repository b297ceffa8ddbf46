"""How the process keeps its memory."""

import ctypes
import gc

M_ARENA_MAX = -8  # glibc's malloc.h


def take_from_one_heap() -> None:
    """Have all threads take memory from one heap; to be called before there are any.

    glibc gives each thread a heap of its own, and what one has let go of is no other's. The
    interpreter lets one thread run at a time, so they hardly meet. Where 600 rooms were opened
    again and again, a twentieth of the memory was saved. Other C libraries have no such setting.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)


def settle() -> None:
    """Have the garbage collector leave alone what lives as long as the server does.

    By default it goes through the new objects at every 700th, and now and then through all that
    the libraries have made, which took as long as judging the edits did. The oldest generation is
    still looked through as often: a connection that ends leaves sixty objects in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 5, 3)
