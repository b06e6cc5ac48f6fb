"""Every relative link of a Markdown page leads to a file, and its #anchor to a heading."""
import os
import re

from tree import complain, files, finish, line_of, text_of


def anchors(path):
    """As GitHub makes them: lower case, blanks to hyphens, punctuation dropped, repetitions numbered."""
    seen, result = {}, set()
    for heading in re.findall(r"^#+\s+(.*?)\s*#*$", re.sub(r"^```.*?^```", "", text_of(path), flags=re.S | re.M), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


for path in files(".md"):
    text = text_of(path)
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", lambda code: re.sub(r"[^\n]", " ", code.group(0)), text, flags=re.S | re.M)
    for found in re.finditer(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)", prose):
        target, _, anchor = found.group(1).partition("#")
        line = line_of(prose, found.start())
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        place = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(place):
            complain(path, line, f"there is no {place}")
        elif anchor and place.endswith(".md") and anchor not in anchors(place):
            complain(path, line, f"{place} has no heading for #{anchor}")

finish("Correct the link, or write the page.")
