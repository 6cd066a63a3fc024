"""What the gateways that people run say in a panel's place, each in its own page and headers.

nginx 1.22 and HAProxy 2.6 as captured from Debian's packages; Apache httpd 2.4 (mod_proxy's own pages, http_protocol.c and
mod_proxy.c) and a cloud load balancer (AWS ELB's documented error page) by their public texts. HAProxy's pages are well-formed
XML, nginx's are not: clients that look no further than that believe one and not the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

__all__ = ["GATEWAYS", "page"]

Headers = list[tuple[bytes, bytes]]

_SECONDARY: Mapping[int, str] = {
    502: "The server returned an invalid or incomplete response.",
    503: "No server is available to handle this request.",
    504: "The server didn't respond in time.",
}
_REASONS: Mapping[int, str] = {504: "Gateway Time-out", 503: "Service Temporarily Unavailable"}


def _reason(status: int) -> str:
    return _REASONS.get(status) or HTTPStatus(status).phrase


def _nginx(status: int) -> tuple[Headers, str]:
    if status == 200:
        body = (
            "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n"
            "<p>If you see this page, the nginx web server is successfully installed and\nworking. Further configuration is"
            " required.</p>\n</body>\n</html>\n"
        )
    else:
        title = f"{status} {_reason(status)}"
        body = (
            f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
            "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
        )
    return [(b"server", b"nginx/1.22.1"), (b"content-type", b"text/html")], body


def _haproxy(status: int) -> tuple[Headers, str]:
    if status == 200:
        body = "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n"
    else:
        reason = {503: "Service Unavailable"}.get(status) or _reason(status)
        body = f"<html><body><h1>{status} {reason}</h1>\n{_SECONDARY.get(status, reason)}\n</body></html>\n"
    return [(b"cache-control", b"no-cache"), (b"content-type", b"text/html")], body


def _apache(status: int) -> tuple[Headers, str]:
    if status == 200:
        body = "<html><body><h1>It works!</h1></body></html>\n"
    else:
        title = {502: "502 Proxy Error", 503: "503 Service Unavailable", 504: "504 Gateway Timeout"}.get(
            status, f"{status} {_reason(status)}"
        )
        text = {
            502: "<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n"
            "The proxy server could not handle the request<p>Reason: <strong>Error reading from remote server</strong></p></p>",
            503: "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\n"
            "problems. Please try again later.</p>",
            504: "<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>",
        }.get(status, "")
        body = (
            f'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>{title}</title>\n</head><body>\n'
            f"<h1>{title.partition(' ')[2]}</h1>\n{text}\n</body></html>\n"
        )
    return [(b"server", b"Apache"), (b"content-type", b"text/html; charset=iso-8859-1")], body


def _cloud(status: int) -> tuple[Headers, str]:
    title = f"{status} {_reason(status)}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n"
        "</html>\r\n"
    )
    return [(b"server", b"awselb/2.0"), (b"content-type", b"text/html")], body


GATEWAYS: Mapping[str, Callable[[int], tuple[Headers, str]]] = MappingProxyType(
    {"nginx": _nginx, "haproxy": _haproxy, "apache": _apache, "cloud": _cloud}
)


def page(gateway: str, status: int) -> tuple[Headers, bytes]:
    """Headers (lower case, with the length) and body of a gateway's page with this status. Raises KeyError."""
    headers, text = GATEWAYS[gateway](status)
    body = text.encode()
    return [*headers, (b"content-length", str(len(body)).encode())], body
