#!/usr/bin/env python3
"""Keeps the tables of the reference pages equal to the program's own tables.

Usage: tables.py [--write] DRRUN DOCS_FORMS      --write: puts the tables as they should be into the pages

A table stands between <!-- table: KIND NAME --> and <!-- end -->, and its text is made here. Besides: each command, form of the
language, primitive and action must have a table or a page; docs/reference/errors.md must have each error name, and no other;
each line of docs/conformance.md must name a test.
"""
import difflib
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARKED = re.compile(r'(<!-- table: (.+?) -->\n)(.*?)(<!-- end -->)', re.S)
problems, used = [], set()


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def ask(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout


def cell(text):
    return text.replace('|', '\\|').replace('<', '&lt;') if '`' not in text else text.replace('|', '\\|')


def table(header, rows):
    lines = ['| ' + ' | '.join(header) + ' |', '| ' + ' | '.join('---' for _ in header) + ' |']
    return '\n'.join(lines + ['| ' + ' | '.join(row) + ' |' for row in rows]) + '\n'


# --- The command line: from --help

class Commands:
    def __init__(self, drrun):
        self.drrun, self.names = drrun, re.findall(r'^  ([a-z]+) {2,}\S', ask(drrun, '--help').split('Commands')[1], re.M)
        self.helps = {}

    def help(self, name):
        if name not in self.helps:
            self.helps[name] = ask(self.drrun, name, '--help')
        return self.helps[name]

    @staticmethod
    def options(text, title):
        part = re.search(rf'^{title}:\n((?:  .*\n)+)', text, re.M)
        rows = []
        for line in part.group(1).splitlines() if part else []:
            option = re.match(r'  (--\S+(?: \S+)?)(?: +(\S.*))?$', line)
            if option:
                rows.append([f'`{option.group(1)}`'.replace('|', '\\|'), cell(option.group(2) or '')])
            else:
                rows[-1][1] = cell((rows[-1][1] + ' ' + line.strip()).strip())
        return rows

    def command(self, name):
        text = self.help(name)
        usage = re.search(r'^Usage: (.*)$', text, re.M).group(1).strip()
        rows = self.options(text, 'Options')
        return f'```text\n{usage}\n```\n' + ('\n' + table(['Option', ''], rows) if rows else '')

    def globals(self, _):
        return table(['Option', ''], self.options(self.help('run'), 'Global options'))


# --- The language: from definition/fields.c

class Forms:
    FLAGS = {'jsonpath': 'JSONPath', 'jsonata': 'JSONata', 'computed': 'may be `{% %}`', 'nullable': 'may be null', 'reference': 'reference path',
             'intrinsic': 'or an intrinsic call', 'distributed': 'DISTRIBUTED only'}

    def __init__(self, program):
        self.forms = json.loads(ask(program))

    def type(self, field):
        number = lambda value: str(int(value)) if value == int(value) else str(value)
        if field['values'] and field['name'] != 'Type':
            return ' \\| '.join(f'`{value}`' for value in field['values'])
        if field['of']:
            return f'{field["type"]} of {field["of"]}' if field['type'] == 'list' else field['of']
        if field['maximum'] and field['type'] in ('integer', 'number'):
            return f'{field["type"]} {number(field["minimum"])} to {number(field["maximum"])}'
        if field['maximum']:
            return f'{field["type"]}, at most {number(field["maximum"])} characters'
        return field['type']

    def fields(self, name):
        rows = []
        for field in self.forms[name]:
            notes = [self.FLAGS[flag] for flag in field['flags'] if flag in self.FLAGS]
            others = ', '.join(f'`{other}`' for other in field['instead of'])
            if field['one needed']:
                notes.insert(0, f'required: this or {others}' if others else '**required**')
            elif others:
                notes.append(f'excludes {others}')
            if 'required' in field['flags']:
                notes.insert(0, '**required**')
            rows.append([f'`{field["name"]}`', self.type(field), '; '.join(notes), field['doc']])
        return table(['Field', 'Type', '', 'Meaning'], rows)


# --- Rows of .def files

def records(_):
    rows = [re.match(r'ROW\(\w+, "(\w+)", "(.*)"\)$', line) for line in read('interpreter/engine/records.def').splitlines() if line.startswith('ROW')]
    return table(['`k`', 'What it says'], [[f'`{row.group(1)}`', cell(row.group(2))] for row in rows])


def intrinsics(_):
    rows = re.findall(r'^INTRINSIC\((\w+), (\w+), (\w+), "(.*)"\)$', read('interpreter/expression/intrinsics.def'), re.M)
    count = lambda fewest, most: fewest if fewest == most else f'{fewest} or more' if most == 'UNLIMITED' else f'{fewest} to {most}'
    return table(['Function', 'Arguments', 'Gives'], [[f'`States.{name}`', count(fewest, most), cell(about)] for name, fewest, most, about in rows])


def comparators(_):
    text = read('interpreter/expression/comparators.def')
    names = [f'`{name}`, `{name}Path`' for name in re.findall(r'^COMPARATOR\((\w+)', text, re.M)] + [f'`{name}`' for name in re.findall(r'^TEST\((\w+)', text, re.M)]
    return ', '.join(names) + '.\n'


# --- What tasks can call: from the catalogue

class Catalogue:
    def __init__(self, drrun):
        self.rows = json.loads(ask(drrun, 'actions', '--json'))['actions']

    def list(self, _):
        kinds, rows = ('primitive', 'runbook'), []
        for row in self.rows:
            page = f'primitives/{row["name"].replace(":", "-")}.md'
            linked = os.path.exists(os.path.join(ROOT, 'docs/reference', page))
            if row['kind'] in kinds:
                rows.append([f'[`{row["name"]}`]({page})' if linked else f'`{row["name"]}`', row['effect'], cell(row['summary'])])
        return table(['Name', 'Effect', ''], rows)

    @staticmethod
    def type(schema):
        kind = schema.get('type', 'any')
        return ' \\| '.join(f'`{value}`' for value in schema['enum']) if 'enum' in schema else kind if isinstance(kind, str) else ' or '.join(kind)

    def action(self, name):
        row = next(row for row in self.rows if row['name'] == name)
        required = (row['arguments'] or {}).get('required', [])
        arguments = []
        for key, schema in (row['arguments'] or {}).get('properties', {}).items():
            default = f'`{json.dumps(schema["default"])}`' if 'default' in schema else ''
            arguments.append([f'`{key}`', self.type(schema), 'required' if key in required else default, cell(schema.get('description', ''))])
        errors = [re.match(r'(\S+)\s+(.*)', line) for line in (row['errors'] or '').splitlines() if line.strip()]
        text = f'{cell(row["summary"])} Effect: {row["effect"]}.' + (f' Undo: {cell(row["undo"])}.' if row['undo'] else '') + '\n\n'
        text += table(['Argument', 'Type', 'Default', ''], arguments)
        properties = (row['output'] or {}).get('properties', {}) if isinstance(row['output'], dict) else {}
        if properties:
            text += '\n' + table(['Output', 'Type', ''], [[f'`{key}`', self.type(schema), cell(schema.get('description', ''))] for key, schema in properties.items()])
        if errors:
            text += '\n' + table(['Error', 'When'], [[f'`{error.group(1)}`', cell(error.group(2))] for error in errors])
        return text


# --- Error names: from the sources, the primitives and the actions

def error_names(catalogue):
    names = set()
    sources = [path for folder in ('interpreter', 'providers') for kind in ('c', 'h', 'def')
               for path in glob.glob(os.path.join(ROOT, folder, '**', '*.' + kind), recursive=True)]
    for path in sources:
        for name in re.findall(r'(?<![\w.])"((?:States|Drrun)\.[A-Z][A-Za-z.]*?)\.?(?="|[^\w.])', read(path)):
            names.add(name)
    functions = set(re.findall(r'^INTRINSIC\((\w+)', read('interpreter/expression/intrinsics.def'), re.M))
    names = {name for name in names if name.split('.')[1] not in functions}
    for row in catalogue.rows:
        names.update(line.split()[0] for line in (row['errors'] or '').splitlines() if '.' in line.split('  ')[0])
        for error in re.findall(r'^\s+Error: ([A-Z]\w+\.\w+)$', read(os.path.relpath(os.path.realpath(row['file']), ROOT)) if row['file'] else '', re.M):
            names.add(error)
    # Names that C code makes and no row of facts declares would be found by nobody.
    for path in sources:
        if path.endswith('.c') and os.sep + 'providers' + os.sep in path:
            for name in re.findall(r'"((?:Http|Exec|Postgres|Dns|Approval|State|Metric|Log|File|Runbook)\.[A-Z][A-Za-z.]+?)\.?"', read(path)):
                names.add(name)
    return {re.sub(r'\.(N|SIGNAME|<SQLSTATE>|SIG)$', '', name) for name in names}


def check_errors(catalogue):
    written = {re.sub(r'\.(N|SIGNAME|SQLSTATE)$', '', name) for name in re.findall(r"^\| `([A-Za-z0-9.]+)`", read('docs/reference/errors.md'), re.M)}
    known = error_names(catalogue)
    for name in sorted(known - written):
        problems.append(f'docs/reference/errors.md: the program knows the error {name}; say there what it means and what to do')
    for name in sorted(written - known):
        problems.append(f'docs/reference/errors.md: nothing raises {name} (any more)')


def check_conformance():
    """Each line of conformance.md names a test that is there."""
    for row in re.findall(r'^\| (?!---)(.*) \|$', read('docs/conformance.md'), re.M):
        test = re.fullmatch(r'`([\w./]+)`', row.rsplit('| ', 1)[-1])
        if row.endswith('Test'):
            continue
        if not test or (test.group(1).startswith('tests/') and not os.path.exists(os.path.join(ROOT, test.group(1)))):
            problems.append(f'docs/conformance.md: this line names no test that is there: {row}')


def main():
    write = '--write' in sys.argv
    drrun, program = [os.path.abspath(word) for word in sys.argv[1:] if word != '--write']
    commands, forms, catalogue = Commands(drrun), Forms(program), Catalogue(drrun)
    makers = {'command': commands.command, 'global-options': commands.globals, 'fields': forms.fields, 'records': records, 'intrinsics': intrinsics,
              'comparators': comparators, 'list': catalogue.list, 'action': catalogue.action}

    def make(match):
        kind, _, name = match.group(2).partition(' ')
        used.add((kind, name))
        return match.group(1) + makers[kind](name) + match.group(4)

    for path in sorted(glob.glob(os.path.join(ROOT, 'docs', '**', '*.md'), recursive=True)):
        text = read(path)
        wanted = MARKED.sub(make, text)
        if wanted != text and write:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(wanted)
        elif wanted != text:
            name = os.path.relpath(path, ROOT)
            difference = '\n'.join(difflib.unified_diff(text.splitlines(), wanted.splitlines(), name, name + ' as the program has it', lineterm='', n=0))
            problems.append(f'{name}: a table is not what the program says; tests/docs/tables.py --write puts it right\n{difference}')
    wanted = [('command', name) for name in commands.names] + [('fields', name) for name in forms.forms]
    wanted += [('action', row['name']) for row in catalogue.rows if row['kind'] == 'action'] + [('list', 'primitives')]
    for kind, name in wanted:
        if (kind, name) not in used:
            problems.append(f'docs/reference: nothing documents the {kind} "{name}". Add a section with the lines "<!-- table: {kind} {name} -->" and '
                            '"<!-- end -->" to cli.md (command), language.md (fields) or actions.md (action), and run tests/docs/tables.py --write')
    for row in catalogue.rows:
        if row['kind'] != 'action' and not os.path.exists(os.path.join(ROOT, 'docs/reference/primitives', row['name'].replace(':', '-') + '.md')):
            problems.append(f'docs/reference/primitives: there is no page about {row["name"]}')
    check_errors(catalogue)
    check_conformance()
    for problem in problems:
        print(problem)
    print(f'{len(used)} tables, {len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
