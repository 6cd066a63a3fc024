"""schemathesis reads the control API's document and calls every route as it allows, and as it forbids."""

from datetime import timedelta
from functools import cache
from itertools import islice

from tests.control.support import in_lab

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
ENDLESS = ("/__lab/journal/stream",)
MOST = 60


@cache
def document():
    async def scene(lab, client):
        return (await client.get("/__lab/openapi.json")).json()

    return in_lab(scene)


def operations():
    import schemathesis

    schema = schemathesis.openapi.from_dict(document())
    return [each.ok() for each in schema.get_all_operations() if each.ok().path not in ENDLESS]


@cache
def checks():
    from schemathesis.checks import CHECKS as REGISTRY
    from schemathesis.checks import load_all_checks

    load_all_checks()
    return REGISTRY.get_by_names(list(CHECKS))


def test_every_call_answers_as_the_document_says():
    from schemathesis import GenerationMode

    called = set()
    written = {(method, path) for path, methods in document()["paths"].items() for method in methods}

    async def scene(lab, client):
        for operation in operations():
            schema = operation.schema
            found = schema.iter_coverage_cases(
                operation, generation_modes=list(GenerationMode), generation_config=schema.config.generation
            )
            for case in islice((each for each in found if each.method.lower() == operation.method), MOST):
                sent = case.as_transport_kwargs(base_url="http://control")
                headers = {name: value for name, value in sent["headers"].items() if value is not None}
                content = (
                    {"json": sent["json"]} if "json" in sent else {"content": sent["data"]} if sent.get("data") else {}
                )
                answer = await client.request(
                    sent["method"], sent["url"], params=sent.get("params"), headers=headers, **content
                )
                answer.elapsed = timedelta()  # nothing measures it without a socket
                case.validate_response(answer, checks=checks())
                if answer.is_success:
                    called.add((operation.method, operation.path))

    in_lab(scene)
    assert written - called == {
        ("get", ENDLESS[0]),
        ("post", "/__lab/clock/advance"),
        ("post", "/__lab/clock/run"),
        ("post", "/__lab/clock/halt"),  # a simulated lab's clock runs by itself
        ("get", "/__lab/snapshots"),
        ("post", "/__lab/snapshots"),
        ("delete", "/__lab/snapshots"),
        ("post", "/__lab/snapshots/restore"),  # and can be set back to nothing: tests/control/test_snapshots.py
        ("post", "/__lab/faults"),
        ("delete", "/__lab/faults"),
        ("post", "/__lab/cables"),
        ("post", "/__lab/ports"),
        ("post", "/__lab/outlets"),  # made-up names
    }
