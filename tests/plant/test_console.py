"""The serial console shows the boot, and what runs hears what is typed."""

from tests.plant.support import alone, running


def test_the_console_shows_the_boot_and_asks_for_a_login():
    async def scene(server, clock):
        shown = []
        server.attach_terminal(shown.append)
        await running(server, clock)
        text = "".join(shown)
        assert text.index("Testing memory") < text.index("Booting debian-12") < text.index("srv-01 login:")
        server.typed(b"rooo\x7ft\r")
        server.typed(b"secret\r")
        text = "".join(shown)
        assert "Password:" in text
        assert "secret" not in text
        assert "Login incorrect" in text

    alone(scene)


def test_break_and_b_reset_the_machine_and_a_frozen_one_hears_nothing():
    async def scene(server, clock):
        await running(server, clock)
        server.freeze()
        server.serial_break()
        server.typed(b"b")
        assert server.state.value == "running"
        server.thaw()
        server.serial_break()
        server.typed(b"b")
        assert server.state.value == "post"
        assert server.restart_cause == "unknown"

    alone(scene)
