"""One event on its way to the ledger."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mledger.attachment import Attachment
from mledger.chain.draft import format_id, new_ids
from mledger.core.moment import Moment, format_moment
from mledger.events.base import EventBody


@dataclass(frozen=True, slots=True)
class Item:
    """An event that was made; its id is chosen, so that recording it twice records it once."""

    body: EventBody
    stream: str
    attach: Sequence[Attachment] = ()
    at: Moment = field(default_factory=lambda: format_moment(datetime.now(UTC)))
    id: str = field(
        default_factory=lambda: format_id(new_ids(time.time_ns() // 1_000_000, os.urandom(10), 1)[0])
    )
