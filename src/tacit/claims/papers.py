"""The papers that claims come from, and what is cited of them."""

from typing import NamedTuple


STATUS = ("quoted", "derived", "corrected")
"""As the paper states it, derived here in its setting, or with a slip mended."""


class Paper(NamedTuple):
    """A paper: authors with the year, and where it can be opened."""

    authors: str
    number: str

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


class Source(NamedTuple):
    """Where a theorem comes from.

    `place` is the theorem in the paper, with the version where numbers differ between
    versions; `status` is one of `STATUS`.
    """

    paper: Paper
    place: str
    status: str

    def __str__(self) -> str:
        said = ", ".join(filter(None, (str(self.paper), self.place)))
        return said if self.status == "quoted" else f"{said} ({self.status})"


def each_source(source: Source | tuple[Source, ...]) -> tuple[Source, ...]:
    """A source or several, as several."""
    return (source,) if isinstance(source, Source) else source


def cite(source: Source | tuple[Source, ...]) -> str:
    """A source or several, in words."""
    return "; ".join(map(str, each_source(source)))


ARORA_2018 = Paper("Arora, Cohen and Hazan (2018)", "arXiv:1802.06509")
ARORA_2019 = Paper("Arora, Cohen, Hu and Luo (2019)", "arXiv:1905.13655")
AZULAY = Paper("Azulay et al. (2021)", "arXiv:2102.09769")
BARRETT = Paper("Barrett and Dherin (2021)", "arXiv:2009.11162")
BURGER = Paper("Burger, Gilboa, Osher and Xu (2006)", "Commun. Math. Sci. 4:179")
CATTANEO_2024 = Paper("Cattaneo, Klusowski and Shigida (2024)", "arXiv:2309.00079")
CATTANEO_2025 = Paper("Cattaneo and Shigida (2025)", "arXiv:2502.02132")
CATTANEO_2026 = Paper("Cattaneo and Shigida (2026)", "arXiv:2602.01642")
DORFER = Paper("Dorfer et al. (2016)", "arXiv:1511.04707")
DU = Paper("Du, Hu and Lee (2018)", "arXiv:1806.00900")
GUNASEKAR = Paper("Gunasekar et al. (2018)", "arXiv:1806.00468")
IOFFE = Paper("Ioffe and Szegedy (2015)", "arXiv:1502.03167")
JI = Paper("Ji and Telgarsky (2019)", "arXiv:1810.02032")
LABARRIERE = Paper("Labarrière et al. (2024)", "arXiv:2412.16765")
LI = Paper("Li (2026)", "arXiv:2603.02622")
LYU = Paper("Lyu and Li (2020)", "arXiv:1906.05890")
MARCOTTE = Paper("Marcotte, Gribonval and Peyré (2023)", "arXiv:2307.00144")
MOROSHKO = Paper("Moroshko et al. (2020)", "arXiv:2007.06738")
NACSON = Paper("Nacson et al. (2019)", "arXiv:1803.01905")
PESME = Paper("Pesme and Flammarion (2023)", "arXiv:2304.00488")
RAWAL = Paper("Rawal and DeWeese (2026)", "arXiv:2605.01288")
SOUDRY = Paper("Soudry et al. (2018)", "arXiv:1710.10345")
WAN = Paper("Wan et al. (2021)", "arXiv:2006.08419")
WOODWORTH = Paper("Woodworth et al. (2020)", "arXiv:2002.09277")
YUN = Paper("Yun, Krishnan and Mobahi (2021)", "arXiv:2010.02501")
MUIRHEAD = Paper(
    "Muirhead (1982), Aspects of Multivariate Statistical Theory", "ISBN 0-471-09442-0"
)
TACIT = Paper("tacit", "")
"""Derived here, of no paper's setting."""
