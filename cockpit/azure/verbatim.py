"""Links that Azure signed go back letter by letter. Imports aiohttp: import this only where a client is built."""

from typing import Any

import aiohttp
from yarl import URL

from cockpit.model.text import keep_whole


class VerbatimSession:
    """An aiohttp session as azure-core's transport uses one, except that it leaves a URL as it is.

    aiohttp puts every URL into a normal form first: `%2f` becomes `/`, `%7E` becomes `~`, `%3d` becomes `%3D`. For a
    browser these are the same address. Azure signs the links of its long operations, and the signature is over the
    letters: a link in another form is answered 403, and the operation is lost from sight while it goes on. What is
    already fit to be sent (ASCII, without spaces) is therefore sent as it is; anything else is quoted, as before.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @property
    def auto_decompress(self) -> bool:
        return self._session.auto_decompress

    async def request(self, method: str, url: str, **options: Any) -> aiohttp.ClientResponse:
        ready = url.isascii() and " " not in url and bool(keep_whole(url))
        return await self._session.request(method, URL(url, encoded=ready), **options)

    async def __aenter__(self) -> "VerbatimSession":
        return self
