"""See why a neural network decides as it does, live: attribution that streams, and widgets that show it.

Importing this package loads neither PyTorch nor TensorFlow; `wrap` loads the one that a network needs.

The examples in the docstrings stand on a small PyTorch `network` that tells the shapes in grey pictures of 8 x 8 pixels
apart, on `model`, which is that network wrapped, with the classes "cross", "ring" and "bar", on `x`, one picture of a
cross, (1, 8, 8), on `batch`, six pictures, (6, 1, 8, 8), and `images`, the same channels last, (6, 8, 8, 1). The model
`segmenter` says of each place whether it is ground or shape, and `reader` whether four words are good or bad; that of
`bottleneck` goes by its layer "concepts" alone, which says whether there is a cross, a ring or a bar. `flowers` says
yes or no by the columns "petal", "stem" and "pot" of a table, of which `rows` are 40, (40, 3).
"""

from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.adversarial.nearest_boundary import NearestBoundary
from xai_widgets.adversarial.projected_gradient import ProjectedGradientDescent
from xai_widgets.answers.estimate import Estimate
from xai_widgets.answers.quantity import (
    Channel,
    Custom,
    Logit,
    LogProbability,
    Margin,
    Probability,
    Quantity,
    Segment,
    Unit,
)
from xai_widgets.answers.question import Question, ask
from xai_widgets.answers.saved import SavedResult, load
from xai_widgets.attribution.activation_map import (
    Cam,
    GradCam,
    GradCamPlusPlus,
    LayerActivation,
    LayerCam,
    ScoreCam,
)
from xai_widgets.attribution.attention.methods import AttentionRelevance, AttentionRollout
from xai_widgets.attribution.attention.tokens import TokenAttribution
from xai_widgets.attribution.channels import ChannelMechanism
from xai_widgets.attribution.contrastive.pertinent import ContrastiveEstimate, PertinentNegative, PertinentPositive
from xai_widgets.attribution.gradients.boundary import Boundary, BoundaryLine
from xai_widgets.attribution.gradients.channel import ChannelMask, channel_influence, channel_mask, influential_channel
from xai_widgets.attribution.gradients.distribution import Distribution, Point
from xai_widgets.attribution.gradients.layer_methods import (
    Conductance,
    InternalInfluence,
    LatentInfluence,
    NeuronConductance,
)
from xai_widgets.attribution.gradients.mechanism import PathMechanism, ProductMechanism, SampleMechanism
from xai_widgets.attribution.gradients.methods import (
    BoundaryIntegratedGradients,
    BoundarySaliency,
    ExpectedGradients,
    InputXGradient,
    IntegratedGradients,
    Saliency,
    SmoothGrad,
    SmoothGradSquared,
    VarGrad,
)
from xai_widgets.attribution.gradients.noise import Gaussian, RandomLines
from xai_widgets.attribution.gradients.open_query import Influence
from xai_widgets.attribution.gradients.path import InputLine, Line
from xai_widgets.attribution.listing import ListedMethod, MethodList, methods
from xai_widgets.attribution.mechanism import Mechanism
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.perturbation.ablation import FeatureAblation
from xai_widgets.attribution.perturbation.meaningful import MeaningfulPerturbation
from xai_widgets.attribution.perturbation.mechanism import MaskMechanism
from xai_widgets.attribution.perturbation.occlusion import Occlusion
from xai_widgets.attribution.perturbation.permutation import FeaturePermutation
from xai_widgets.attribution.perturbation.rise import Rise
from xai_widgets.attribution.propagation.deeplift import DeepLift, DeepLiftShap
from xai_widgets.attribution.propagation.guided import Deconvolution, GuidedBackpropagation, GuidedGradCam
from xai_widgets.attribution.propagation.mechanism import FlowMechanism
from xai_widgets.attribution.propagation.relevance import RelevancePropagation
from xai_widgets.attribution.propagation.transformer import AttnLrp, CpLrp
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.surrogates.correlation import correlated
from xai_widgets.attribution.surrogates.game import Game, GameEstimate, Order
from xai_widgets.attribution.surrogates.linear import KernelShap, Lime
from xai_widgets.attribution.surrogates.mechanism import OrderMechanism, RegressionMechanism
from xai_widgets.attribution.surrogates.shapley import ExactShapley, ShapleySampling
from xai_widgets.concepts.dissection.formula import Formula
from xai_widgets.concepts.dissection.network_dissection import Dissection, NetworkDissection
from xai_widgets.concepts.examples.ace import ACE, FoundConcepts
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.concept_shap import ConceptShap, ConceptShares
from xai_widgets.concepts.examples.tcav import TCAV, TCAVEstimate
from xai_widgets.concepts.factors.atlas import ActivationAtlas, Atlas
from xai_widgets.concepts.factors.factors import recovered
from xai_widgets.concepts.factors.nonnegative_factors import NonNegativeFactors, NonNegativeParts
from xai_widgets.concepts.factors.principal_components import PrincipalComponents, PrincipalFactors
from xai_widgets.concepts.factors.sparse_autoencoder import SparseAutoencoder, SparseFactors
from xai_widgets.concepts.intervention.intervention import Intervened, Intervention
from xai_widgets.concepts.intervention.next_concept import ConceptWorth, NextConcept
from xai_widgets.concepts.moving.activation_maximisation import ActivationMaximisation, Excitation
from xai_widgets.concepts.moving.feature_inversion import FeatureInversion, Inversion
from xai_widgets.concepts.prototypes.prototypes import Likeness, Prototypes
from xai_widgets.concepts.relevant.ablation import AblationEstimate, UnitAblation
from xai_widgets.concepts.relevant.interpretation import Interpretation
from xai_widgets.concepts.relevant.relevant_features import RelevantFeatures, RelevantFeaturesEstimate
from xai_widgets.concepts.sight import seen_from
from xai_widgets.evaluation.benchmark import benchmark, benchmark_stream
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.coverage import ConceptCoverage, CoverageTable
from xai_widgets.evaluation.curves import CurveEstimate
from xai_widgets.evaluation.deletion import Deletion, Insertion
from xai_widgets.evaluation.infidelity import Infidelity, InfidelityEstimate
from xai_widgets.evaluation.invariance import InputInvariance
from xai_widgets.evaluation.localisation import Localisation, LocalisationEstimate
from xai_widgets.evaluation.randomisation import ParameterRandomisation, RandomisationEstimate
from xai_widgets.evaluation.sensitivity import SensitivityEstimate, SensitivityMax
from xai_widgets.evaluation.table import Benchmark
from xai_widgets.models.base import Model
from xai_widgets.models.wrap import wrap
from xai_widgets.render import outside_ellipse
from xai_widgets.similarity.canonical_correlation import CCA, PWCCA, SVCCA
from xai_widgets.similarity.centred_kernel_alignment import LinearCKA, RbfCKA
from xai_widgets.similarity.compare import compare, compare_stream
from xai_widgets.similarity.comparison import Comparison
from xai_widgets.widgets.attacker import Attacker, attack
from xai_widgets.widgets.concept_tester import ConceptTester, concepts
from xai_widgets.widgets.decomposer import Decomposer, dictionary
from xai_widgets.widgets.dissector import Dissector, units
from xai_widgets.widgets.eraser import Eraser, judge
from xai_widgets.widgets.exciter import Exciter, excite
from xai_widgets.widgets.explore import explore, grid
from xai_widgets.widgets.explorer import Explorer
from xai_widgets.widgets.inputs_explorer import InputsExplorer
from xai_widgets.widgets.intervener import Intervener, intervene
from xai_widgets.widgets.painter import Painter, paint
from xai_widgets.widgets.prototype_viewer import PrototypeViewer, prototypes
from xai_widgets.widgets.randomiser import Randomiser, randomise
from xai_widgets.widgets.ranker import Ranker, rank
from xai_widgets.widgets.representer import Representer, representations
from xai_widgets.widgets.tokens import TokenExplorer, tokens
from xai_widgets.widgets.walker import Walker, walk
from xai_widgets.widgets.withholder import Withholder, without

__version__ = "0.1.0"

__all__ = [
    "ACE",
    "AblationEstimate",
    "ActivationAtlas",
    "ActivationMaximisation",
    "AdversarialExample",
    "Atlas",
    "Attacker",
    "AttentionRelevance",
    "AttentionRollout",
    "AttnLrp",
    "Attribution",
    "Benchmark",
    "Boundary",
    "BoundaryIntegratedGradients",
    "BoundaryLine",
    "BoundarySaliency",
    "Cam",
    "CCA",
    "CentreBlob",
    "Channel",
    "ChannelMask",
    "ChannelMechanism",
    "Comparison",
    "Concept",
    "ConceptCoverage",
    "ConceptShap",
    "ConceptShares",
    "ConceptWorth",
    "ConceptTester",
    "Conductance",
    "ContrastiveEstimate",
    "CoverageTable",
    "CpLrp",
    "CurveEstimate",
    "Custom",
    "Deconvolution",
    "Decomposer",
    "DeepLift",
    "DeepLiftShap",
    "Deletion",
    "Dissection",
    "Dissector",
    "Distribution",
    "Eraser",
    "Estimate",
    "ExactShapley",
    "Excitation",
    "Exciter",
    "ExpectedGradients",
    "Explorer",
    "FeatureAblation",
    "FeatureInversion",
    "FeaturePermutation",
    "FlowMechanism",
    "Formula",
    "FoundConcepts",
    "Game",
    "GameEstimate",
    "Gaussian",
    "GradCam",
    "GradCamPlusPlus",
    "GuidedBackpropagation",
    "GuidedGradCam",
    "Infidelity",
    "InfidelityEstimate",
    "Influence",
    "InputInvariance",
    "InputLine",
    "InputXGradient",
    "InputsExplorer",
    "Insertion",
    "IntegratedGradients",
    "InternalInfluence",
    "Inversion",
    "Interpretation",
    "Intervened",
    "Intervener",
    "Intervention",
    "KernelShap",
    "LatentInfluence",
    "LayerActivation",
    "LayerCam",
    "Likeness",
    "Lime",
    "Line",
    "LinearCKA",
    "ListedMethod",
    "Localisation",
    "LocalisationEstimate",
    "LogProbability",
    "Logit",
    "Margin",
    "MaskMechanism",
    "MeaningfulPerturbation",
    "Mechanism",
    "Method",
    "MethodList",
    "Model",
    "NearestBoundary",
    "NetworkDissection",
    "NeuronConductance",
    "NextConcept",
    "NonNegativeFactors",
    "NonNegativeParts",
    "Occlusion",
    "Order",
    "OrderMechanism",
    "Painter",
    "ParameterRandomisation",
    "PathMechanism",
    "PertinentNegative",
    "PertinentPositive",
    "Point",
    "PrincipalComponents",
    "PrincipalFactors",
    "Probability",
    "ProductMechanism",
    "ProjectedGradientDescent",
    "PrototypeViewer",
    "Prototypes",
    "PWCCA",
    "Quantity",
    "Question",
    "RandomLines",
    "RandomMap",
    "RandomisationEstimate",
    "Randomiser",
    "Ranker",
    "RbfCKA",
    "RegressionMechanism",
    "RelevancePropagation",
    "RelevantFeatures",
    "RelevantFeaturesEstimate",
    "Representer",
    "Rise",
    "Saliency",
    "SampleMechanism",
    "SavedResult",
    "ScoreCam",
    "Segment",
    "SensitivityEstimate",
    "SensitivityMax",
    "ShapleySampling",
    "SmoothGrad",
    "SmoothGradSquared",
    "SparseAutoencoder",
    "SparseFactors",
    "SVCCA",
    "TCAV",
    "TCAVEstimate",
    "TokenAttribution",
    "TokenExplorer",
    "TrueMask",
    "Unit",
    "UnitAblation",
    "VarGrad",
    "Walker",
    "Withholder",
    "ask",
    "attack",
    "benchmark",
    "benchmark_stream",
    "channel_influence",
    "channel_mask",
    "compare",
    "compare_stream",
    "correlated",
    "dictionary",
    "excite",
    "concepts",
    "explore",
    "grid",
    "influential_channel",
    "intervene",
    "judge",
    "load",
    "methods",
    "outside_ellipse",
    "paint",
    "prototypes",
    "randomise",
    "rank",
    "recovered",
    "representations",
    "seen_from",
    "tokens",
    "units",
    "walk",
    "without",
    "wrap",
]
