"""One line for each method: what it is called with here. A registered method without a line fails the tests."""

import xai_widgets as xai


def cases(baseline):
    """Return by the name in the registry each method, with options small enough to be quick.

    Parameters
    ----------
    baseline : array
        One input. Where gradients are taken no plain one would do: in a max pooling its values tie, and it is up to
        the rounding of a processor which of them is the largest.
    """
    return {
        "saliency": xai.Saliency(),
        "input_x_gradient": xai.InputXGradient(),
        "integrated_gradients": xai.IntegratedGradients(steps=4, baseline=baseline),
        "smoothgrad": xai.SmoothGrad(samples=3),
        "boundary_saliency": xai.BoundarySaliency(),
        "boundary_integrated_gradients": xai.BoundaryIntegratedGradients(steps=3),
        "smoothgrad_squared": xai.SmoothGradSquared(samples=3),
        "vargrad": xai.VarGrad(samples=3),
        "expected_gradients": xai.ExpectedGradients(samples=5, baselines=baseline[None]),
        "conductance": xai.Conductance(steps=11, baseline=baseline),
        "internal_influence": xai.InternalInfluence(steps=3, baseline=baseline),
        "latent_influence": xai.LatentInfluence(steps=3),
        "cam": xai.Cam(),
        "grad_cam": xai.GradCam(),
        "grad_cam_plus_plus": xai.GradCamPlusPlus(),
        "score_cam": xai.ScoreCam(),
        "layer_cam": xai.LayerCam(),
        "layer_activation": xai.LayerActivation(),
        "attention_rollout": xai.AttentionRollout(),
        "attention_relevance": xai.AttentionRelevance(block=1, head=2),
        "influence": xai.Influence(distribution=xai.Line(steps=3, baseline=baseline), statistic="variance"),
        "occlusion": xai.Occlusion(window=2, stride=1, baseline=0.25),
        "feature_ablation": xai.FeatureAblation(features="squares", size=3, baseline=0.25),
        "feature_permutation": xai.FeaturePermutation(features="squares", size=4, samples=2),
        "rise": xai.Rise(samples=9, cells=3, baseline=0.25),
        "shapley_exact": xai.ExactShapley(features="squares", size=4, baseline=0.25),
        "shapley_sampling": xai.ShapleySampling(features="squares", size=4, samples=2, baseline=0.25),
        "lime": xai.Lime(features="squares", size=4, samples=20, baseline=0.25),
        "kernel_shap": xai.KernelShap(features="squares", size=4, samples=40, baseline=0.25),
        "guided_backpropagation": xai.GuidedBackpropagation(),
        "deconvolution": xai.Deconvolution(),
        "guided_grad_cam": xai.GuidedGradCam(),
        "deeplift": xai.DeepLift(baseline=baseline),
        "deeplift_shap": xai.DeepLiftShap(samples=5, baselines=baseline[None]),
        "relevance_propagation": xai.RelevancePropagation(epsilon=0.01),
        "attn_lrp": xai.AttnLrp(epsilon=0.01),
        "cp_lrp": xai.CpLrp(epsilon=0.01),
        "meaningful_perturbation": xai.MeaningfulPerturbation(steps=5, cells=4),
        "pertinent_negative": xai.PertinentNegative(steps=5, searches=2),
        "pertinent_positive": xai.PertinentPositive(steps=5, searches=2),
    }
