"""One line for each method: what it is called with here. A registered method without a line fails the tests."""

import xai_widgets as xai

CASES = {
    "saliency": xai.Saliency(),
    "input_x_gradient": xai.InputXGradient(),
    "integrated_gradients": xai.IntegratedGradients(steps=4, baseline=0.25),
    "smoothgrad": xai.SmoothGrad(samples=3),
    "boundary_saliency": xai.BoundarySaliency(),
    "boundary_integrated_gradients": xai.BoundaryIntegratedGradients(steps=3),
    "smoothgrad_squared": xai.SmoothGradSquared(samples=3),
    "vargrad": xai.VarGrad(samples=3),
    "expected_gradients": xai.ExpectedGradients(samples=5, baselines=0.25),
    "conductance": xai.Conductance(steps=11, baseline=0.25),
    "internal_influence": xai.InternalInfluence(steps=3, baseline=0.25),
    "latent_influence": xai.LatentInfluence(steps=3),
    "cam": xai.Cam(),
    "grad_cam": xai.GradCam(),
    "grad_cam_plus_plus": xai.GradCamPlusPlus(),
    "score_cam": xai.ScoreCam(),
    "layer_cam": xai.LayerCam(),
    "layer_activation": xai.LayerActivation(),
    "influence": xai.Influence(distribution=xai.Line(steps=3, baseline=0.25), statistic="variance"),
    "occlusion": xai.Occlusion(window=2, stride=2, baseline=0.25),
    "feature_ablation": xai.FeatureAblation(features="squares", size=3, baseline=0.25),
    "feature_permutation": xai.FeaturePermutation(features="squares", size=4, samples=2),
    "rise": xai.Rise(samples=9, cells=3, baseline=0.25),
    "shapley_exact": xai.ExactShapley(features="squares", size=4, baseline=0.25),
    "shapley_sampling": xai.ShapleySampling(features="squares", size=4, samples=2, baseline=0.25),
    "lime": xai.Lime(features="squares", size=4, samples=20, baseline=0.25),
    "kernel_shap": xai.KernelShap(features="squares", size=4, samples=40, baseline=0.25),
}
"""By the name in the registry, with options small enough to be quick."""
