"""Which cluster an environment has, as cockpit.toml says."""

from dataclasses import dataclass, field

from cockpit.model.setting import NO_PROXY, Duration, LineText, NameText, PathText, ProxyText, setting
from cockpit.model.system import Environment

NAME = "kubernetes"


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """A namespace of a cluster, reached as the kubeconfig says."""

    context: LineText = field(
        default="", metadata=setting("The context of the kubeconfig.", absent_text="the current context")
    )
    namespace: LineText = field(default="", metadata=setting("The namespace.", absent_text="that of the context"))
    workloads: tuple[NameText, ...] = field(
        default=(),
        metadata=setting(
            "The workloads shown: names, also `statefulset/NAME` and `daemonset/NAME`.",
            absent_text="all of the namespace",
        ),
    )
    kubeconfig: PathText = field(
        default="", metadata=setting("The kubeconfig file.", absent_text="`KUBECONFIG`, else `~/.kube/config`")
    )
    events: bool = field(default=True, metadata=setting("`false` keeps the warnings of the cluster off the timeline."))
    proxy: ProxyText = field(
        default=NO_PROXY,
        metadata=setting(
            "As for probes: `none`, `env` or `http://host:port`; never for this machine. A `proxy-url` of the "
            "kubeconfig is used in any case, but for a configured address. Its certificates are the kubeconfig's."
        ),
    )
    interval: Duration = field(default=15.0, metadata=setting("Time between two looks at the workloads."))

    @property
    def shell_variables(self) -> dict[str, str]:
        """What `kubectl` in a shell is to find: a context of that name in another file may be any cluster."""
        return {"KUBECONFIG": self.kubeconfig} if self.kubeconfig else {}


SETTINGS = KubernetesSettings


def read_settings(environment: Environment) -> KubernetesSettings | None:
    """Those of an environment; None where it has no cluster."""
    settings = environment.platforms.get(NAME)
    return settings if isinstance(settings, KubernetesSettings) else None
