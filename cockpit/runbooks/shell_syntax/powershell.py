"""PowerShell, from its tree to the same nouns. A call of a method is a command named `.Method` or `[Type]::Method`."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.runbooks.shell_syntax.tree import SourceText, find_errors, make_source, parse_bytes
from cockpit.runbooks.shell_syntax.types import (
    ExpansionKind,
    ShellAssignment,
    ShellComment,
    ShellDocument,
    ShellExpansion,
    ShellNesting,
    ShellRedirect,
    ShellStatement,
    ShellWord,
    SimpleCommand,
)

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 60  # constructs in each other
DEEPEST_NODE = 600  # an expression passes a dozen levels of precedence
NESTING = {
    "parenthesized_expression": ShellNesting.SUBSTITUTION,
    "sub_expression": ShellNesting.SUBSTITUTION,
    "array_expression": ShellNesting.SUBSTITUTION,
    "script_block_expression": ShellNesting.SCRIPT_BLOCK,
    "if_statement": ShellNesting.CONDITION,
    "switch_statement": ShellNesting.CONDITION,
    "try_statement": ShellNesting.CONDITION,
    "while_statement": ShellNesting.LOOP,
    "do_statement": ShellNesting.LOOP,
    "for_statement": ShellNesting.LOOP,
    "foreach_statement": ShellNesting.LOOP,
    "function_statement": ShellNesting.FUNCTION,
}
VARIABLE = re.compile(r"[$@](?:\{(?P<braced>[^}]*)\}|(?P<plain>.*))", re.DOTALL)
ONLY_WRAPS = frozenset(
    f"{name}_expression"
    for name in (
        *(
            "array_literal",
            "unary",
            "logical",
            "bitwise",
            "comparison",
            "additive",
            "multiplicative",
            "format",
            "range",
        ),
        *("logical_argument", "bitwise_argument", "comparison_argument", "additive_argument", "format_argument"),
        *("multiplicative_argument", "range_argument"),
    )
) | {"string_literal", "pipeline", "pipeline_chain", "argument_expression", "left_assignment_expression"}
Nesting = tuple[ShellNesting, ...]


def read_powershell(written: str, parsed: str) -> ShellDocument:
    """The document of a text; `parsed` is the text with its placeholders masked."""
    source, data = make_source(written, parsed)
    root = parse_bytes(data, "powershell").root_node
    statements: list[ShellStatement] = []
    comments: list[ShellComment] = []
    pending = list(reversed(root.children))
    while pending:
        node = pending.pop()
        if node.type == "statement_list":
            pending.extend(reversed(node.children))
        elif node.type == "comment":
            comments.append(ShellComment(source.start(node), source.end(node), source.raw(node)))
        elif node.is_named and node.type != "empty_statement":
            statements.append(_PowerShellStatementReader(source, len(statements)).read(node))
    return ShellDocument(written, "powershell", tuple(statements), tuple(comments), tuple(find_errors(root, source)))


@dataclass(slots=True)
class _PowerShellStatementReader:
    """One walk over a statement, which collects what is in it."""

    source: SourceText
    index: int
    commands: list[SimpleCommand] = field(default_factory=list)
    assignments: list[ShellAssignment] = field(default_factory=list)
    expansions: list[ShellExpansion] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)

    def read(self, node: "Node") -> ShellStatement:
        self._visit(node, (), (), 0)
        start = self.source.start(node)
        text = self.source.written[start : self.source.end(node)].rstrip()
        return ShellStatement(
            start,
            start + len(text),
            text,
            tuple(self.commands),
            tuple(self.assignments),
            tuple(sorted(self.expansions, key=lambda expansion: expansion.start)),
            tuple(self.functions),
            tuple(self.sets),
        )

    def _visit(self, node: "Node", nesting: Nesting, inputs: tuple[int, ...], depth: int) -> tuple[int, ...]:
        """Walk a node; the indices of the commands whose output is that of the node."""
        if len(nesting) > DEEPEST or depth > DEEPEST_NODE:
            raise RecursionError
        match node.type:
            case "command":
                return self._command(node, nesting, inputs, depth)
            case "invokation_expression":
                return self._call(node, nesting, depth)
            case "pipeline_chain":
                return self._chain(node, nesting, depth)
            case "variable":
                self._variable(node, quoted=False)
                return ()
            case "assignment_expression":
                self._assignment(node, nesting, depth)
                return ()
            case "comment":
                return ()
        inner = (*nesting, NESTING[node.type]) if node.type in NESTING else nesting
        if node.type == "function_statement":
            names = [child for child in node.children if child.type == "function_name"]
            self.functions.extend(self.source.raw(name) for name in names)
        if node.type == "foreach_statement":
            self.sets.extend(self.source.raw(child).lstrip("$") for child in node.children if child.type == "variable")
        outputs: list[int] = []
        for child in node.children:
            if child.is_named:
                outputs.extend(self._visit(child, inner, (), depth + 1))
        return tuple(outputs)

    def _chain(self, node: "Node", nesting: Nesting, depth: int) -> tuple[int, ...]:
        stages = [child for child in node.children if child.is_named and child.type != "comment"]
        inner = (*nesting, ShellNesting.PIPE) if len(stages) > 1 else nesting
        outputs: tuple[int, ...] = ()
        for stage in stages:
            outputs = self._visit(stage, inner, outputs, depth + 1)
        return outputs

    def _add(self, node: "Node", command: SimpleCommand) -> tuple[int, ...]:
        self.commands.append(command)
        return (len(self.commands) - 1,)

    def _command(self, node: "Node", nesting: Nesting, inputs: tuple[int, ...], depth: int) -> tuple[int, ...]:
        shell_words: list[ShellWord] = []
        redirects: list[ShellRedirect] = []
        for child in node.children:
            if child.type in ("command_name", "command_name_expr"):
                shell_words.append(self._word(child, nesting, depth))
            elif child.type == "command_elements":
                for element in child.children:
                    if element.type == "redirection":
                        redirects.append(self._redirect(element, nesting, depth))
                    elif element.is_named and element.type not in ("command_argument_sep", "comment"):
                        shell_words.append(self._word(element, nesting, depth))
            elif child.is_named and child.type not in ("command_invokation_operator", "comment"):
                shell_words.append(self._word(child, nesting, depth))
        start, end = self.source.start(node), self.source.end(node)
        command = SimpleCommand(start, end, tuple(shell_words), (), tuple(redirects), nesting, inputs, self.index)
        return self._add(node, command)

    def _call(self, node: "Node", nesting: Nesting, depth: int) -> tuple[int, ...]:
        """`$x.Kill()`, `[IO.File]::Delete(...)`."""
        prefix, member = "", ""
        for child in node.children:
            if child.type == "type_literal":
                prefix = f"{self.source.raw(child)}::"
            elif child.type == "member_name":
                member = self.source.raw(child)
            elif child.is_named:
                self._visit(child, nesting, (), depth + 1)
        start, end = self.source.start(node), self.source.end(node)
        name = f"{prefix or '.'}{member}"
        word = ShellWord(start, end, self.source.raw(node), (name,))
        return self._add(node, SimpleCommand(start, end, (word,), (), (), nesting, (), self.index))

    def _assignment(self, node: "Node", nesting: Nesting, depth: int) -> None:
        left = next((child for child in node.children if child.type == "left_assignment_expression"), None)
        value = node.child_by_field_name("value")
        target = self.source.raw(left).strip() if left is not None else ""
        word = None
        if value is not None:
            word = self._word(value, nesting, depth)
        match = re.fullmatch(r"(?:\[[^\]]*\]\s*)*\$(?:env:|global:|script:|local:)?([A-Za-z_]\w*)", target)
        if match:
            start, end = self.source.start(node), self.source.end(node)
            self.assignments.append(ShellAssignment(match[1], start, end, word))
        elif left is not None:
            self._visit(left, nesting, (), depth + 1)
            start, end = self.source.start(left), self.source.end(left)
            name = ShellWord(start, end, target, ("=",))
            self._add(left, SimpleCommand(start, end, (name,), (), (), nesting, (), self.index))

    def _redirect(self, node: "Node", nesting: Nesting, depth: int) -> ShellRedirect:
        operator, target = "", None
        for child in node.children:
            if child.type.endswith("operator"):
                operator = self.source.raw(child)
            elif child.type == "redirected_file_name":
                named = [node for node in child.children if node.is_named and node.type != "command_argument_sep"]
                target = self._word(named[0], nesting, depth) if named else None
        match = re.match(r"([0-9*]?)(.*)", operator)
        descriptor, sign = (match[1], match[2]) if match else ("", operator)
        if "&" in sign and target is None:
            sign, number = sign[:2], sign[2:]
            start, end = self.source.start(node), self.source.end(node)
            target = ShellWord(start, end, number, (number,))
        return ShellRedirect(sign, self.source.start(node), self.source.end(node), target, descriptor)

    def _word(self, node: "Node", nesting: Nesting, depth: int) -> ShellWord:
        start, end = self.source.start(node), self.source.end(node)
        text = self.source.parsed[start:end]
        inner = node
        while (
            inner.type in ONLY_WRAPS
            and inner.named_child_count == 1
            and inner.named_children[0].end_byte == (inner.end_byte)
            and inner.named_children[0].start_byte == inner.start_byte
        ):
            inner = inner.named_children[0]
        kind = inner.type
        if kind == "variable":
            parts: tuple[str | ShellExpansion, ...] = (self._variable(inner, quoted=False),)
            return ShellWord(start, end, self.source.raw(node), parts)
        if kind == "verbatim_string_characters":
            return ShellWord(start, end, self.source.raw(node), (text[1:-1].replace("''", "'"),), quoted=True)
        if kind == "expandable_string_literal":
            return ShellWord(start, end, self.source.raw(node), self._string(inner, nesting, depth), quoted=True)
        if kind in ("generic_token", "command_parameter", "command_name", "command_name_expr", "simple_name") or (
            not inner.named_child_count
        ):
            if inner.named_child_count and kind in ("command_name_expr", "command_name"):
                if kind == "command_name_expr" and inner.named_child_count == 1:
                    return self._word(inner.named_children[0], nesting, depth + 1)
                return self._computed(node, nesting, depth)
            literal = re.sub(r"`(.)", r"\1", text)
            if literal[:1] == literal[-1:] == "'" and len(literal) > 1:
                literal = literal[1:-1]
            glob = bool(re.search(r"[*?]", literal))
            return ShellWord(start, end, self.source.raw(node), (literal,), "`" in text, glob)
        return self._computed(node, nesting, depth)

    def _computed(self, node: "Node", nesting: Nesting, depth: int) -> ShellWord:
        """Something that PowerShell works out: its commands count, its value is not known."""
        start, end, raw = self.source.start(node), self.source.end(node), self.source.raw(node)
        self._visit(node, nesting, (), depth + 1)
        expansion = ShellExpansion(ExpansionKind.EXPRESSION, start, end, raw)
        return ShellWord(start, end, raw, (expansion,))

    def _string(self, node: "Node", nesting: Nesting, depth: int) -> tuple[str | ShellExpansion, ...]:
        parts: list[str | ShellExpansion] = []
        place = self.source.start(node) + 1
        for child in node.children:
            start, end = self.source.start(child), self.source.end(child)
            if child.type == "variable":
                parts.extend((_unescape_text(self.source.parsed[place:start]), self._variable(child, quoted=True)))
                place = end
            elif child.is_named and child.named_child_count:
                self._visit(child, nesting, (), depth + 1)
                raw = self.source.raw(child)
                computed = ShellExpansion(ExpansionKind.EXPRESSION, start, end, raw, quoted=True)
                parts.extend((_unescape_text(self.source.parsed[place:start]), computed))
                place = end
        parts.append(_unescape_text(self.source.parsed[place : max(place, self.source.end(node) - 1)]))
        return tuple(part for part in parts if part != "") or ("",)

    def _variable(self, node: "Node", *, quoted: bool) -> ShellExpansion:
        raw = self.source.raw(node)
        match = VARIABLE.fullmatch(raw)
        name = (match["braced"] or match["plain"]) if match else raw
        start, end = self.source.start(node), self.source.end(node)
        expansion = ShellExpansion(ExpansionKind.VARIABLE, start, end, raw, name or "", quoted=quoted)
        self.expansions.append(expansion)
        return expansion


def _unescape_text(text: str) -> str:
    return re.sub(r"`(.)", r"\1", text, flags=re.DOTALL)


# Programs that are the same on both: a block of PowerShell that only starts them needs no PowerShell.
_PORTABLE = (
    "az aws gcloud gsutil bq kubectl oc helm helmfile kustomize stern argocd flux istioctl linkerd cilium velero eksctl"
    " docker docker-compose podman gh glab git terraform tofu terragrunt pulumi packer vault consul nomad"
    " psql pg_dump pg_restore pg_isready createdb dropdb mysql mysqldump mysqladmin sqlcmd redis-cli mongosh etcdctl"
    " npm npx yarn pnpm node python python3 pip pip3 poetry uv dotnet go cargo curl ssh scp openssl nslookup"
    " alembic flyway liquibase azcopy azd func dapr doctl heroku flyctl oci ibmcloud databricks rabbitmqctl"
    " minikube k3d"
)
PORTABLE = frozenset(_PORTABLE.split())
_WORD = r"(?:[A-Za-z0-9_./:@%+=~<>\[\]\\-]|\$env:\w+|'[^'\n]*'|\"(?:[^\"$`\n]|\$env:\w+)*\")"
PLAIN_PROGRAM = re.compile(rf"(?P<name>[a-z][\w-]*)(?:[ \t]+{_WORD}+)*[ \t]*")
ENVIRONMENT = re.compile(r"\$env:(\w+)")
RELATIVE_WINDOWS_PATH = re.compile(r"(?<![\w:\\])\.?\\?(?:[\w.\[\]<>-]+\\)+[\w.\[\]<>-]+")


def read_as_plain_program(text: str) -> str:
    """The same as bash would read it, where it is nothing but one program with its words; "" where it is more."""
    joined = re.sub(r"[ \t]*`[ \t]*\n[ \t]*", " ", text.strip())
    match = PLAIN_PROGRAM.fullmatch(joined)
    if match is None or match["name"] not in PORTABLE:
        return ""
    slashed = RELATIVE_WINDOWS_PATH.sub(lambda path: path.group().replace("\\", "/"), joined)
    return "" if "\\" in slashed else ENVIRONMENT.sub(lambda match: _write_for_bash(slashed, match), slashed)


def _write_for_bash(text: str, match: re.Match[str]) -> str:
    """`$env:X` as one word, which is what it is in PowerShell."""
    quoted = text.count('"', 0, match.start()) % 2 == 1
    return f"${match[1]}" if quoted else f'"${match[1]}"'
