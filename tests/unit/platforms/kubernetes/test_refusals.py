"""What the API server refuses: for want of a right, for want of a name, or by a rule that holds for everybody."""

import pytest

from cockpit.model.problem import Problem, ProblemKind
from cockpit.platforms.kubernetes.client import explain_cluster_refusal

RULES = (
    'admission webhook "validate.kyverno.svc-fail" denied the request: resource Deployment/shop/api was blocked',
    'pods "api-7d9-x2k" is forbidden: exceeded quota: compute, requested: limits.cpu=2, limited: 10',
    'pods "api-7d9-x2k" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    'deployments.apps "api" is forbidden: unable to create content in namespace shop because it is being terminated',
    "ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: the tag latest is not allowed",
    'pods "api" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
)
VERBS = {  # each by itself: what is refused, and the role that allows it
    "get": "view",
    "list": "view",
    "watch": "view",
    "patch": "edit",
    "update": "edit",
    "delete": "edit",
}


def explain(status: int, reason: str) -> Problem:
    problem = Problem(ProblemKind.FORBIDDEN, f"HTTP {status}", f"HTTP {status}: {reason}")
    return explain_cluster_refusal(problem, status, "shop")


@pytest.mark.parametrize("reason", RULES)
def test_a_rule_of_the_cluster_is_not_called_a_missing_role(reason: str) -> None:
    problem = explain(403, reason)
    assert (problem.kind, problem.code) == (ProblemKind.REFUSED, "cluster-rule")
    assert problem.message == reason


@pytest.mark.parametrize(("verb", "role"), VERBS.items())
def test_each_verb_that_is_forbidden_names_the_role_that_has_it(verb: str, role: str) -> None:
    user, where = 'User "ana@example.com"', 'in API group "apps" in the namespace "shop"'
    problem = explain(403, f'deployments.apps "api" is forbidden: {user} cannot {verb} resource "deployments" {where}')
    assert problem.kind is ProblemKind.FORBIDDEN
    assert f"allows {verb} on deployments.apps: the ClusterRole {role}, bound in shop" in problem.advice


def test_whom_the_kubeconfig_signs_in_as_nobody_is_asked_to_sign_in() -> None:
    nobody = 'User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "shop"'
    assert explain(403, f"pods is forbidden: {nobody}").kind is ProblemKind.SIGN_IN
