"""What others have published about the ecosystem, each held against the data at hand."""

from hearthub.pulse.claims.claims import Claim, Verdict, judge_claims, known_claims

__all__ = ["Claim", "Verdict", "judge_claims", "known_claims"]
