"""What runs a hidden check against a hand-in and turns what happens into a result.

The harness is the same under `pytest autograder/hidden --submission` and in a batch.
"""

from autograder.grading import corpus
from autograder.grading.check import Check
from autograder.grading.diagnosis import Diagnostician, Evidence
from autograder.grading.proxies import Student
from autograder.grading.session import Examination
from autograder.grading.verdict import Skipped, name_mistakes, verdict
from autograder.results.result import CheckResult

_MAX_EVIDENCE = 64 * 2**20  # bytes of answers that are kept of one hand-in


class Harness:
    """The checks of one hand-in, one after the other.

    Args:
        examination: the hand-in.
        seed: the seed of the run.
        device: `cpu` or `gpu`.
    """

    def __init__(self, examination: Examination, seed: int, device: str = "cpu"):
        self.examination, self.seed, self.device = examination, seed, device
        self.results: dict[str, CheckResult] = {}
        self.evidence: dict[str, Evidence] = {}
        self._evidence_left = _MAX_EVIDENCE

    def student_for(self, check: Check) -> Student:
        """Return the hand-in, made ready for a check.

        Raises:
            Skipped, NotDefined, Rejected, StudentGone: it can't be had for this check.
        """
        needs = check.needs.split()
        if "gpu" in needs and self.device != "gpu":
            raise Skipped("gpu")
        if "corpus" in needs and not corpus.is_there():
            raise Skipped("corpus")
        seed = check.seed(self.seed)
        self.examination.begin(check, seed)
        return Student(self.examination, seed)

    def record(
        self, check: Check, raised: BaseException | None, seconds: float = 0.0
    ) -> CheckResult:
        """Turn the end of a check into its result, and keep the evidence for the diagnosis.

        Args:
            check: which.
            raised: what ended it; None where it passed.
            seconds: how long it took.
        """
        result = verdict(check, raised, self.examination.example, seconds)
        self.results[check.id] = result
        transcript = self.examination.transcript
        room = self._evidence_left - transcript.size
        answered = result.status in ("passed", "failed", "error")
        if check.evident and answered and transcript.complete and room >= 0:
            self._evidence_left = room
            failed = result.status != "passed"
            self.evidence[check.id] = Evidence(check.exercise, transcript, failed)
        return result

    def diagnose(self, diagnostician: Diagnostician) -> None:
        """Name the known mistakes behind the checks that failed."""
        mistakes_by_check = diagnostician.diagnose(self.examination.unit, self.evidence)
        for check_id, mistakes in mistakes_by_check.items():
            name_mistakes(self.results[check_id], mistakes)
