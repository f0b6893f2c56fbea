"""Pages as sites make them, for the tests of the HTML loader."""

from __future__ import annotations

import json

PARAGRAPHS = (
    "The harbour office said that the Saltmarsh ferry runs again from the fourth of May, after a winter ashore.",
    "Fares stay as they were last summer, and the first boat leaves the quay at twenty past seven in the morning.",
    "“We have waited long enough,” said Ines Okafor, who carries the post to the island and has rowed it.",
)


LONG = "<p>" + "</p><p>".join(PARAGRAPHS) + "</p>"


def page(head: str = "", body: str = "<p>Body.</p>") -> str:
    return f"<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"


def script(*things: object) -> str:
    return "".join(f"<script type='application/ld+json'>{json.dumps(thing)}</script>" for thing in things)


def times(*days: str) -> str:
    return "".join(f"<time datetime='{day}T10:00:00Z'>{day}</time>" for day in days)


def site(before: str = "", after: str = "", head: str = "", body: tuple[str, ...] = PARAGRAPHS) -> str:
    """A page with a menu, captions, notices and a footer around its article."""
    menu = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(30))
    paragraphs = "".join(f"<p>{text}</p>" for text in body)
    return (
        f"<html><head>{head}</head><body><header><h1>The Courier</h1><nav><ul>{menu}</ul></nav></header>"
        f"<div id='cookie-banner'><p>We value your privacy. Accept all cookies to read on.</p></div>"
        f"<main><article>{before}<figure><img src='f.jpg'><figcaption>The ferry in 2019. A. Lee</figcaption></figure>"
        f"{paragraphs}<p>Read more: our guide to the islands</p>{after}</article></main>"
        "<aside class='related'><h3>Most read</h3><ul><li><a href='/x'>Ten recipes for eels</a></li></ul></aside>"
        "<footer><p>Copyright The Courier. All rights reserved.</p></footer></body></html>"
    )
