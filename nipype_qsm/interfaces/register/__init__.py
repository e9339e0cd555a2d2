"""From one space to another."""

from nipype_qsm.interfaces.base import Methods
from nipype_qsm.interfaces.register.alignment import Alignment
from nipype_qsm.interfaces.register.apply_transform import ApplyTransform
from nipype_qsm.interfaces.register.compose_transforms import ComposeTransforms
from nipype_qsm.interfaces.register.greedy import Greedy
from nipype_qsm.interfaces.register.template_alignment import TemplateAlignment

REGISTRATIONS = Methods("register", ApplyTransform, ComposeTransforms, Greedy, Alignment, TemplateAlignment)

__all__ = ["REGISTRATIONS", "Alignment", "ApplyTransform", "ComposeTransforms", "Greedy", "TemplateAlignment"]
