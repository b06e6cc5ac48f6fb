#!/usr/bin/env python3
"""Executes the examples of the documentation.

Usage: run.py DRRUN [--fill] [PAGE...]     pages: Markdown files, by default all that the project promises to be true
       --fill: for authors: an expected output that is the one line "???" is replaced with what the command prints

A page is read from top to bottom, in a scratch folder and a store of its own:

  ```yaml                a whole runbook (it has StartAt and States) or action (it has an Action block) is validated; if its
                         first line is a comment "# NAME.yaml", it is a file of that name from here on
  ```yaml run output={"a":1}    is also run in virtual time, and its output compared; so do input={...} and error=NAME
  ```json NAME           (any language, a file name in the info string) is a file of that name from here on, and a program if
                         it begins with #!
  ```console             lines that begin with "$ " are executed by bash, the others are what they print (stdout and stderr).
                         A line "..." stands for any lines, "..." in a line for any text. Times, durations and execution
                         ids may differ, but one id in the page is one execution, also in later commands. A command that
                         fails must be followed by "$ echo $?", or have been "Killed".

A block behind a line <!-- not run: REASON --> is left out, and the reason is reported.
"""
import concurrent.futures
import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGES = ['README.md', 'docs/README.md', 'docs/guide/*.md', 'docs/reference/*.md', 'docs/reference/*/*.md',
         'docs/conformance*.md', 'runbooks/*/README.md', 'providers/README.md']
COMMAND_SECONDS = 60

ID = r'\d{8}-\d{6}-[0-9a-f]{6}'
VARYING = re.compile('|'.join([
    rf'(?P<id>{ID})',
    r'(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)',
    r'(?P<clock>\b\d\d:\d\d:\d\dZ)',
    r'(?P<elapsed>[+-]\d+\.\ds)',
    r'(?P<duration>\b\d+ ms|\b\d+(\.\d+)?s\b|\b\d+m \d\ds|\b\d+h \d\dm)',
    r'(?P<any>\.\.\.)',
    r'(?P<space>\s+)']))
PATTERNS = {'time': r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z', 'clock': r'\d\d:\d\d:\d\dZ', 'elapsed': r'[+-]\d+\.\ds',
            'duration': r'(?:\d+ ms|\d+(?:\.\d+)?s|\d+m \d\ds|\d+h \d\dm)', 'any': r'.*', 'space': r'\s+'}


class Block:
    def __init__(self, line, info, text, skipped):
        self.line, self.text, self.skipped = line, text, skipped
        words = info.split(None, 1)
        self.language, self.options = words[0] if words else '', words[1] if len(words) > 1 else ''


def blocks_of(text):
    """The fenced blocks of a page, with the reason why one is not run (or None)."""
    found, fence, info, start, lines, reason = [], None, '', 0, [], None
    for number, line in enumerate(text.split('\n'), 1):
        opening = re.match(r'( *)(`{3,})(.*)$', line)
        if fence is None and opening:
            fence, info, start, lines = opening.group(2), opening.group(3).strip(), number, []
            indent = len(opening.group(1))
        elif fence is not None and line.strip() == fence:
            found.append(Block(start, info, '\n'.join(lines) + '\n', reason))
            fence = reason = None
        elif fence is not None:
            lines.append(line[indent:] if line[:indent].isspace() else line)
        elif line.strip():
            comment = re.match(r'\s*<!-- not run: (.+) -->\s*$', line)
            reason = comment.group(1) if comment else None
    return found


class Page:
    def __init__(self, drrun, path, filling):
        self.drrun, self.path, self.filling = drrun, path, filling
        self.problems, self.skipped, self.counts = [], [], {'validated': 0, 'run': 0, 'commands': 0}
        self.ids = {}  # as the page writes them: as they are
        self.fills = {}  # line of a "???": what the command printed

    def fail(self, line, message):
        self.problems.append(f'{os.path.relpath(self.path, ROOT)}:{line}: {message}')

    def execute(self):
        with open(self.path, encoding='utf-8') as file:
            blocks = blocks_of(file.read())
        with tempfile.TemporaryDirectory(prefix='drrun-docs-') as self.folder:
            for block in blocks:
                if block.skipped:
                    self.skipped.append(f'{os.path.relpath(self.path, ROOT)}:{block.line}: {block.skipped}')
                else:
                    self.take(block)
        return self

    def take(self, block):
        if block.language == 'console':
            self.console(block)
            return
        options = dict(re.findall(r'(input|output|error)=(\{.*?\}(?= \w+=|$)|\S+)', block.options))
        name = re.fullmatch(r'[\w./-]+', block.options) if block.options != 'run' else None
        title = re.match(r'# ([\w./-]+\.\w+)\s*$', block.text.split('\n', 1)[0])
        name = name.group(0) if name else title.group(1) if title else None
        if name:
            self.write(name, block.text)
        if block.language != 'yaml':
            return
        whole = re.search(r'^StartAt:', block.text, re.M) and re.search(r'^States:', block.text, re.M)
        if not whole:
            return
        if not name:
            name = f'example-on-line-{block.line}.yaml'
            self.write(name, block.text)
        self.validate(block, name)
        if re.match(r'run\b', block.options):
            self.run(block, name, options)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        if text.startswith('#!'):
            os.chmod(path, 0o755)

    def environment(self):
        bin_folder = os.path.dirname(self.drrun)
        return {'PATH': bin_folder + ':' + os.environ.get('PATH', '/usr/bin:/bin'), 'HOME': self.folder, 'NO_COLOR': '1',
                'USER': 'alice', 'LANG': 'C.UTF-8', 'TERM': 'dumb', 'DRRUN_STORE': os.path.join(self.folder, '.store'),
                'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', ''), 'TZ': 'UTC'}

    def call(self, arguments):
        return subprocess.run([self.drrun, *arguments], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=COMMAND_SECONDS, text=True)

    def validate(self, block, name):
        done = self.call(['validate', name])
        self.counts['validated'] += 1
        if done.returncode != 0:
            self.fail(block.line, f'this example is not valid:\n{done.stdout}{done.stderr}')

    def run(self, block, name, options):
        done = self.call(['run', name, '--simulate', '--json', '--quiet', '--input', options.get('input', '{}')])
        self.counts['run'] += 1
        try:
            result = json.loads(done.stdout)
        except ValueError:
            self.fail(block.line, f'this example does not run:\n{done.stdout}{done.stderr}')
            return
        if 'error' in options:
            if result.get('error') != options['error']:
                self.fail(block.line, f'this example should fail with {options["error"]}, but: {done.stdout}')
        elif result.get('status') != 'SUCCEEDED':
            self.fail(block.line, f'this example fails: {done.stdout}')
        elif 'output' in options and result.get('output') != json.loads(options['output']):
            self.fail(block.line, f'the output of this example is {json.dumps(result.get("output"))}')

    def console(self, block):
        steps = []  # [line number, command, expected lines]
        for offset, line in enumerate(block.text.rstrip('\n').split('\n')):
            if line.startswith('$ '):
                steps.append([block.line + 1 + offset, line[2:], []])
            elif line.startswith('> ') and steps and not steps[-1][2]:
                steps[-1][1] += '\n' + line[2:]
            elif steps:
                steps[-1][2].append(line)
            else:
                self.fail(block.line, 'a console block begins with a command: "$ ..."')
                return
        status = 0
        for index, (number, command, expected) in enumerate(steps):
            for written, actual in self.ids.items():
                command = command.replace(written, actual)
            status, output = self.shell(command, status)
            self.counts['commands'] += 1
            if expected == ['???'] and self.filling:
                self.fills[number + command.count('\n') + 1] = output
            else:
                self.compare(number, command, expected, output)
            shown = index + 1 < len(steps) and steps[index + 1][1].strip() == 'echo $?'
            if status != 0 and not shown and expected[-1:] != ['Killed']:
                self.fail(number, f'"{command}" exits with status {status}; show it with "$ echo $?":\n{output}')

    def shell(self, command, status):
        """Returns its exit status and what it printed. $? is that of the command before."""
        script = f'cd "$(cat .cwd 2>/dev/null || pwd)"; (exit {status})\n{command}\n__status=$?; pwd >"$HOME/.cwd"; exit $__status'
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(['bash', '-c', script, 'bash'], cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                status = process.wait(COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                status = 'none: time was up'
            output.seek(0)
            text = output.read().decode('utf-8', 'replace')
        return status, re.sub(r'(?m)^bash: line \d+: +\d+ (Killed|Terminated)\b.*$', r'\1', text)

    def pattern(self, line):
        """A regular expression for what the page says, and the ids it has in it, in order."""
        result, position, ids = '', 0, []
        for match in VARYING.finditer(line):
            result += re.escape(line[position:match.start()])
            position = match.end()
            if match.group('id'):
                known = self.ids.get(match.group('id'))
                if known:
                    result += re.escape(known)
                elif match.group('id') in ids:
                    result += f'(?P=id{ids.index(match.group("id"))})'
                else:
                    result += f'(?P<id{len(ids)}>{ID})'
                    ids.append(match.group('id'))
            else:
                kind = next(name for name, value in match.groupdict().items() if value)
                result += PATTERNS[kind]
        return result + re.escape(line[position:]), ids

    def matches(self, expected, found):
        pattern, ids = self.pattern(expected.rstrip())
        match = re.fullmatch(pattern, found.rstrip())
        if match and ids:
            self.ids.update({name: match.group(f'id{i}') for i, name in enumerate(ids)})
        return match is not None

    def compare(self, number, command, expected, output):
        found = output.split('\n')[:-1] if output.endswith('\n') else output.split('\n')
        found = [] if output == '' else found
        while expected and not expected[-1].strip():
            expected = expected[:-1]
        wanted, position, anywhere = 0, 0, False
        while wanted < len(expected):
            line = expected[wanted]
            if line.strip() == '...':
                anywhere = True
            else:
                while anywhere and position < len(found) and not self.matches(line, found[position]):
                    position += 1
                if position >= len(found) or not self.matches(line, found[position]):
                    was = found[position] if position < len(found) else '(nothing more)'
                    self.fail(number + 1 + wanted, f'"{command}" prints something else here:\n  page:  {line}\n  drrun: {was}\n'
                                                   f'all of it:\n{output}')
                    return
                position, anywhere = position + 1, False
            wanted += 1
        if not anywhere and position < len(found):
            self.fail(number, f'"{command}" prints more than the page shows, from:\n  {found[position]}\nall of it:\n{output}')


def fill(page):
    with open(page.path, encoding='utf-8') as file:
        lines = file.read().split('\n')
    for number, output in sorted(page.fills.items(), reverse=True):
        lines[number - 1:number] = output.rstrip('\n').split('\n') if output else []
    with open(page.path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


def main():
    filling = '--fill' in sys.argv
    drrun, *chosen = [os.path.abspath(word) for word in sys.argv[1:] if word != '--fill']
    pages = chosen or sorted(path for pattern in PAGES for path in glob.glob(os.path.join(ROOT, pattern)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda path: Page(drrun, path, filling).execute(), pages))
    for page in done if filling else []:
        fill(page)
    for line in [line for page in done for line in page.skipped]:
        print(f'left out: {line}')
    problems = [problem for page in done for problem in page.problems]
    for problem in problems:
        print(problem)
    print(f'{len(done)} pages: {sum(p.counts["validated"] for p in done)} examples validated, {sum(p.counts["run"] for p in done)} run, '
          f'{sum(p.counts["commands"] for p in done)} commands executed, {len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main())
