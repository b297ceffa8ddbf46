"""One update being fitted into a document, without changing the document."""

from bisect import bisect_right
from typing import Final, cast

from twinspace_rt.docs.known import (
    GONE,
    HOLLOW,
    KEY_MASK,
    KEY_SHIFT,
    TYPE_SHIFT,
    Known,
    KnownClient,
    Member,
)
from twinspace_rt.docs.ranges import Range
from twinspace_rt.docs.refused import Refused
from twinspace_rt.docs.schema import MAX_DEPTH, Rule, allow_missing
from twinspace_rt.docs.update import (
    ANY,
    DELETED,
    FORMAT,
    GC,
    STRING,
    TYPE,
    XML_TEXT,
    Block,
    Id,
    Struct,
    Update,
    first_index,
)

MAX_MARKS_IN_ROW: Final = 64
"""How many marks one client may put behind one another; an editor puts one of each name. Only an
undo may bring back more: Yjs puts the marks of words that somebody else wrote behind one another,
before the words. It brings back no more than there were, so other items are at least as many."""


class Growth:
    """What one block of an update adds to its client: the runs, types and tail to append."""

    __slots__ = (
        "block",
        "end",
        "first",
        "gone",
        "index",
        "marks_in_row",
        "next",
        "place",
        "places",
        "starts",
        "tail",
        "types",
        "waiting",
    )

    def __init__(self, block: Block, known: KnownClient | None) -> None:
        self.block = block
        self.end = block.end
        self.starts: list[int] = []
        self.places: list[int] = []
        self.types: dict[int, int] = {}
        self.gone: list[Range] = []
        self.waiting = False
        if known is None:
            self.first = self.next = self.index = 0
            self.place = -1
            self.tail: tuple[int, Id | None, Id | None] | None = None
            self.marks_in_row = 0
        else:
            self.first = self.next = known.next
            self.index = first_index(block, known.next)
            self.place = known.places[-1]
            self.tail = known.tail
            self.marks_in_row = known.marks_in_row


class Draft:
    """The outcome of fitting an update: what to append, or `Refused`.

    Attributes:
        growths: By client, in the order of the update.
        new_clients: Ids that nobody has used before.
        new_rules, new_depths: Of the types that the update adds.
        deletes: The ranges that were not deleted yet.
        deleted: How many old clocks it deletes; ``deleted_others`` those of other members.
        whole: Whether nothing in the update was known before.
    """

    def __init__(self, known: Known, update: Update, member: Member | None, trusted: bool) -> None:
        self.known = known
        self.growths: dict[int, Growth] = {}
        self.new_clients: list[int] = []
        self.new_rules: list[int] = []
        self.new_depths: list[int] = []
        self.deletes: dict[int, list[Range]] = {}
        self.deleted = 0
        self.deleted_others = 0
        self.items = 0
        self.size = 0
        self.whole = update.tidy
        for block in update.blocks:
            self._plan(block, member, trusted)
        for growth in self.growths.values():
            if growth.next < growth.end:
                self._settle(growth)
        for client, ranges in update.deletes.items():
            self._delete(client, ranges, member)

    def _plan(self, block: Block, member: Member | None, trusted: bool) -> None:
        """Decide what of a block is new, and whether the member may add it."""
        client = block.client
        known = self.known.clients.get(client)
        first = 0 if known is None else known.next
        if block.start > first:
            raise Refused("gap")
        if block.end <= first:  # whoever sent it: honest clients repeat what others wrote
            self.whole = False
            return
        if first < block.whole_from > block.start:
            raise Refused("skip")
        owner = self.known.owners.get(client)
        if not trusted:
            if client in self.known.retired:
                raise Refused("retired-client")
            if owner != member and (owner is not None or known is not None):
                raise Refused("foreign-client")
        if owner is None and member is not None:
            self.new_clients.append(client)
        if block.start < first:
            self.whole = False
        self.growths[client] = Growth(block, known)

    def _settle(self, growth: Growth) -> None:
        """Fit a block, and of others as much as it builds on.

        Blocks may build on each other in turn, so this goes struct by struct: a block that
        needs a clock of another waits until exactly that clock is there.
        """
        stack = [(growth, growth.end)]
        growth.waiting = True
        while stack:
            growth, goal = stack[-1]
            needed = self._advance(growth, goal)
            if needed is None:
                growth.waiting = False
                stack.pop()
                continue
            client, clock = needed
            source = self.growths.get(client)
            if source is None or clock >= source.end:
                raise Refused("unknown-id")
            if source.waiting:
                raise Refused("cycle")
            source.waiting = True
            stack.append((source, clock + 1))

    def _advance(self, growth: Growth, goal: int) -> Id | None:
        """Fit structs up to a clock; return the first id that is not there yet, if any."""
        structs = growth.block.structs
        client = growth.block.client
        while growth.next < goal:
            struct = structs[growth.index]
            origin, right, parent = struct.origin, struct.right, struct.parent
            if struct.clock < growth.next:  # known in part: what is left follows what is known
                origin, parent = (client, growth.next - 1), None
            if struct.kind == GC:
                place = GONE
            else:
                if origin is not None and not self._holds(origin):
                    return origin
                if right is not None and not self._holds(right):
                    return right
                if parent.__class__ is tuple and not self._holds(parent):
                    return parent
                place = self._find_place(origin, right, parent, struct.key)
                if place != GONE:
                    self._admit(growth, struct, place)
                    if struct.kind == DELETED:
                        place |= HOLLOW
            self._take(growth, struct, place, origin)
        return None

    def _holds(self, needed: Id) -> bool:
        client, clock = needed
        growth = self.growths.get(client)
        if growth is not None:
            return clock < growth.next
        known = self.known.clients.get(client)
        return known is not None and clock < known.next

    def _place_of(self, item: Id) -> int:
        client, clock = item
        growth = self.growths.get(client)
        if growth is not None and growth.starts and clock >= growth.starts[0]:
            return growth.places[bisect_right(growth.starts, clock) - 1]
        return self.known.clients[client].place(clock)

    def _type_of(self, item: Id) -> int | None:
        client, clock = item
        growth = self.growths.get(client)
        if growth is not None and clock in growth.types:
            return growth.types[clock]
        known = self.known.clients.get(client)
        return None if known is None else known.types.get(clock)

    def _rule(self, number: int) -> Rule:
        known = self.known.rules
        index = known[number] if number < len(known) else self.new_rules[number - len(known)]
        return self.known.schema.rules[index]

    def _find_place(
        self, origin: Id | None, right: Id | None, parent: str | Id | None, key: str | None
    ) -> int:
        """Tell where an item stands, as Yjs does: beside its neighbours, else in its parent.

        Neighbours in two parents are refused, also if one of them is gone: yjs drops the item
        then, while yrs puts it beside the other. Nobody writes that, for with its parent all
        neighbours of an item go.
        """
        if origin is not None:
            place = self._place_of(origin) & ~HOLLOW
            if right is not None and self._place_of(right) & ~HOLLOW != place:
                raise Refused("two-parents")
            return place
        if right is not None:
            return self._place_of(right) & ~HOLLOW
        if isinstance(parent, str):
            number = self.known.roots.get(parent)
            if number is None:
                raise Refused("schema-root")
        else:
            assert parent is not None
            number = self._type_of(parent)
            if number is None:
                place = self._place_of(parent)
                if place == GONE or place & HOLLOW:  # a deleted type, collected before we knew it
                    return GONE
                raise Refused("parent-not-type")
        if key is None:
            return number << TYPE_SHIFT
        key_number = self._rule(number).keys.get(key)
        if key_number is None:
            raise Refused("schema-key")
        return number << TYPE_SHIFT | key_number << KEY_SHIFT

    def _admit(self, growth: Growth, struct: Struct, place: int) -> None:
        """Hold a struct's content against the schema; number the type it may bring."""
        kind = struct.kind
        if kind == DELETED:
            return
        rule = self._rule(place >> TYPE_SHIFT)
        key = (place & KEY_MASK) >> KEY_SHIFT
        if key:
            if kind != ANY:
                raise Refused("schema-value")
            # What an undo may bring back Yjs keeps, and joins: an attribute that was changed
            # some times in a row comes as one struct.
            allows, values = rule.checks[key - 1], cast(list[object], struct.value)
            if not all(allow_missing(allows, value) for value in values):
                raise Refused("schema-value")
        elif kind == STRING:
            if not rule.text:
                raise Refused("schema-text")
        elif kind == FORMAT:
            name, value = cast(tuple[str, object], struct.value)
            check = rule.marks.get(name)
            if check is None:
                raise Refused("schema-mark")
            if value is not None and not check(value):
                raise Refused("schema-mark-value")
        elif kind == TYPE:
            self._add_type(growth, struct, place >> TYPE_SHIFT, rule)
        else:
            raise Refused("schema-content")

    def _add_type(self, growth: Growth, struct: Struct, parent: int, rule: Rule) -> None:
        name = struct.value
        child = rule.xml_text if name == XML_TEXT else None
        if isinstance(name, str):
            child = rule.elements.get(name)
        if child is None:
            raise Refused("schema-node")
        depths = self.known.depths
        above = depths[parent] if parent < len(depths) else self.new_depths[parent - len(depths)]
        if above == MAX_DEPTH:
            raise Refused("depth")
        growth.types[struct.clock] = len(self.known.rules) + len(self.new_rules)
        self.new_rules.append(child)
        self.new_depths.append(above + 1)

    def _take(self, growth: Growth, struct: Struct, place: int, origin: Id | None) -> None:
        """Note a struct as fitted, and what it weighs."""
        kind, right = struct.kind, struct.right
        clock = growth.next
        growth.next = struct.clock + struct.length
        growth.index += 1
        if place != growth.place:
            growth.starts.append(clock)
            growth.places.append(place)
            growth.place = place
        follows = origin is not None and origin[1] == clock - 1 and origin[0] == growth.block.client
        tail = growth.tail
        if (
            kind == STRING
            and follows
            and tail is not None
            and tail[0] == STRING
            and tail[2] == right
        ):
            self.size += struct.end - struct.content  # Yjs joins it to what was typed before
        else:
            self.items += 1
            self.size += struct.end - struct.start
        if kind == FORMAT:
            beside = (
                tail is not None and tail[0] == FORMAT and (follows or tail[1:] == (origin, right))
            )
            growth.marks_in_row = growth.marks_in_row + 1 if beside else 1
            others = self.known.items + self.items - growth.marks_in_row
            if growth.marks_in_row > max(MAX_MARKS_IN_ROW, others):
                raise Refused("format-chain")
        else:
            growth.marks_in_row = 0
            if kind in (GC, DELETED):
                growth.gone.append((clock, growth.next))
        growth.tail = (kind, origin, right)

    def _delete(self, client: int, ranges: list[Range], member: Member | None) -> None:
        """Keep what of a client's ranges is not deleted yet."""
        growth = self.growths.get(client)
        known = self.known.clients.get(client)
        old = 0 if known is None else known.next
        if ranges[-1][1] > (old if growth is None else growth.end):
            raise Refused("delete-beyond")
        fresh = ranges if known is None else known.deleted.missing(ranges)
        if fresh != ranges:
            self.whole = False
        if not fresh:
            return
        self.deletes[client] = fresh
        count = sum(min(end, old) - start for start, end in fresh if start < old)
        self.deleted += count
        if self.known.owners.get(client) != member:
            self.deleted_others += count
