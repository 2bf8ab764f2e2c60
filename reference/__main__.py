"""Write every page's facts anew."""

from reference.pages import PAGES, current, with_facts

for page in PAGES:
    text = page.read_text(encoding="utf-8")
    if not current(page, text):
        page.write_text(with_facts(page, text), encoding="utf-8")
        print(f"wrote {page}")
