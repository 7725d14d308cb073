"""A person at a browser without a script: cookies, forms, redirects, as far as the simulated cloud's own pages."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class Forms(HTMLParser):
    """The forms of a page: address, fields, buttons with their words."""

    def __init__(self, text: str):
        super().__init__()
        self.all = []
        self.button = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.all.append({"action": given.get("action", ""), "fields": {}, "buttons": []})
        elif not self.all:
            return
        elif tag == "input" and given.get("name"):
            self.all[-1]["fields"][given["name"]] = given.get("value") or ""
        elif tag == "button":
            self.button = {"name": given.get("name"), "value": given.get("value") or "", "words": ""}
            self.all[-1]["buttons"].append(self.button)

    def handle_endtag(self, tag):
        if tag == "button":
            self.button = None

    def handle_data(self, data):
        if self.button is not None:
            self.button["words"] += data


class Visitor:
    def __init__(self, origin: str, address: str):
        self.origin = origin
        self.address = address
        self.session = requests.Session()

    def go(self, method: str, url: str, **sent):
        """Follows redirects inside the cloud; the way back to an application comes out as its parameters."""
        for _ in range(10):
            answer = self.session.request(method, url, allow_redirects=False, timeout=30, **sent)
            if answer.status_code not in (301, 302, 303, 307):
                return answer
            url = urljoin(url, answer.headers["location"])
            if not url.startswith(f"{self.origin}/"):
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            method, sent = "GET", {}
        raise AssertionError(f"{url} leads round and round")

    def press(self, page, words: str):
        """Presses the button with these words in it, with what its form holds."""
        for form in Forms(page.text).all:
            for button in form["buttons"]:
                if words in button["words"]:
                    fields = dict(form["fields"])
                    if button["name"]:
                        fields[button["name"]] = button["value"]
                    action = urljoin(page.url, form["action"])
                    return self.go("POST", action, data=fields, headers={"Origin": self.origin})
        raise AssertionError(f"no button {words} at {page.url} ({page.status_code}):\n{page.text[:800]}")

    def handed_back(self, page, address: str) -> dict:
        """What a page posts back to an application by itself (`response_mode=form_post`)."""
        forms = Forms(page.text).all
        if [form["action"] for form in forms] != [address]:
            raise AssertionError(f"not the way back to {address} ({page.status_code}):\n{page.text[:800]}")
        return forms[0]["fields"]

    def pick(self, page):
        """Picks the own account where the page asks for one."""
        asks = not isinstance(page, dict) and "Pick an account" in page.text
        return self.press(page, self.address) if asks else page
