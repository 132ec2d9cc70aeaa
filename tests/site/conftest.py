"""The processes that run blocks are shared by tests."""

from collections.abc import Iterator

import pytest

from dlnotes_site import execute


@pytest.fixture(autouse=True, scope="session")
def _servers_are_shared() -> Iterator[None]:
    """A server forks for each program and keeps nothing of it, and starting one takes a second."""
    started: dict[int, execute.Server] = {}

    class Shared(execute.Server):
        def close(self) -> None:
            pass

    def server(hash_seed: int) -> execute.Server:
        if hash_seed not in started or started[hash_seed].process.poll() is not None:
            started[hash_seed] = Shared(hash_seed)
        return started[hash_seed]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "Server", server)
        yield
    for shared in started.values():
        execute.Server.close(shared)
