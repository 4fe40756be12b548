from hyperwatt.experiments.run_differences import FREE, MEANINGLESS, UNFAIR
from hyperwatt.experiments.spec import Spec


def test_every_section_of_a_spec_either_forbids_a_comparison_or_warns_or_is_free() -> None:
    assert sorted((*MEANINGLESS, *UNFAIR, *FREE)) == sorted(Spec.model_fields)
