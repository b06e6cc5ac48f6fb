"""An action's name is its path: providers/actions/rds/promote.yaml holds rds.promote, and every one is documented in itself."""
import re

from tree import complain, files, finish, text_of

ACTIONS = r"^providers/(?:\w+/)?actions/([\w/-]+)\.yaml$"
for path in files(".yaml", under="providers/"):
    found = re.match(ACTIONS, path)
    if not found:
        continue
    text = text_of(path)
    name = found.group(1).replace("/", ".")
    stated = re.search(r"^  Name: *[\"']?([\w.-]+)", text, re.M)
    if not stated:
        complain(path, 0, "has no Action.Name")
    elif stated.group(1) != name:
        complain(path, text[:stated.start()].count("\n") + 1, f"Action.Name is {stated.group(1)}, and its path says {name}")
    for field in ("Summary", "Effect", "Arguments"):
        if not re.search(rf"^  {field}:", text, re.M):
            complain(path, 0, f"has no Action.{field}")
    if not re.search(r"^  Effect: *Read\b", text, re.M) and not re.search(r"^  Undo:", text, re.M):
        complain(path, 0, "changes something and has no Action.Undo: name the action that takes it back, or write none and why")

finish("Rename the file or the action; providers/README.md shows what an action has to have.")
