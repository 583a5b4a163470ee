"""The attacker: the smallest change that makes models change their minds, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_widgets.models.base import Model
from xai_widgets.widgets.attack_choices import AttackChoices
from xai_widgets.widgets.attack_image import attack_image
from xai_widgets.widgets.attack_result import AttackResult, result_of
from xai_widgets.widgets.attacks import Attacks
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.certificates import Certificates
from xai_widgets.widgets.choices import Choices, given_options, mapping, with_options
from xai_widgets.widgets.kept import read
from xai_widgets.widgets.live import LiveWidget
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.widget import Chosen, front_end


class Attacker(LiveWidget):
    """How little changes the answer? Each model is attacked by itself, on one screen; made by `attack`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    epsilon : float
        How far from the picture the attack may go, in the units of the inputs.
    norm : {"l2", "linf"}
        How the size of a change is measured: its length, or its largest single value.
    target : int or None
        The class that the attack leads to, None for any other one. Can be set by name.
    steps, restarts : int
        Of the attack, as in `ProjectedGradientDescent`.
    method : str
        The name of the method of explanation.
    options : dict
        All options of that method.
    index : int
        Which picture.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.

    Examples
    --------
    >>> attacker = xai.attack(model, images, epsilon=1.0)
    >>> attacker.epsilon = 2.5
    >>> attacker.result.succeeded
    True
    >>> attacker.close()
    """

    _esm, _css = front_end("attack")
    _made_by = "attack"

    epsilon: Any = Chosen(0.0).tag(sync=True)
    norm: Any = Chosen("").tag(sync=True)
    target: Any = Chosen(None).tag(sync=True)
    steps: Any = Chosen(1).tag(sync=True)
    restarts: Any = Chosen(1).tag(sync=True)
    method: Any = Chosen("").tag(sync=True)
    options: Any = Chosen({}).tag(sync=True)
    index: Any = Chosen(0).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        radius: Any = None,
        method: Any = None,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        state: Any = None,
        **choices: Any,
    ) -> None:
        kept = read(state, self._made_by)
        named = checked_models(models)
        pictures = Pictures(images, named)
        check_alike(named)
        questions = Choices(named, pictures)
        offered = AttackChoices(questions)
        answer = Attacks(offered, Certificates(radius, questions))
        given = {name: value for name, value in choices.items() if value is not None}
        first = kept.onto(offered, offered.first())
        state = offered.changed(first, {**given, **with_options(method, given_options(options))})
        told = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, answer, attack_image, state, display, told, kept)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(epsilon=0.5, norm="l2", method="smoothgrad")``.

        Parameters
        ----------
        method : str or Method, optional
            Of explanation, by name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `epsilon`, `norm`, `target`, `steps`, `restarts`, `index`, `options`.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        options = mapping(changes.pop("options", {}))
        self._change({**changes, **with_options(method, options), "display": {} if display is None else display})

    @property
    def result(self) -> AttackResult | dict[str, AttackResult]:
        """What the attacks came to; for a dict of models a dict of them.

        Waits until they are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model or the method.
        """
        pairs = zip(self._choices.models, self._answers(), strict=True)
        index, certificates = self._screen.asked.index, self._answer.certificates
        return self._per_model([result_of(found, certificates.of(name, index)) for name, found in pairs])


def attack(
    models: Model | Mapping[str, Model],
    images: Any,
    radius: Any = None,
    *,
    epsilon: float | None = None,
    norm: str | None = None,
    target: int | str | None = None,
    steps: int | None = None,
    restarts: int | None = None,
    method: Any = None,
    index: int | None = None,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    state: Any = None,
) -> Attacker:
    """Return a widget that attacks models live, each by itself, and explains their answers before and after.

    Parameters
    ----------
    models : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes and the same bounds.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout, as in `explore`.
    radius : callable, array, or dict of model name to one of these, optional
        Certified l2 radii, drawn on the slider: a function of inputs (batch, ...) in the model's layout that returns
        (batch,), or one number per picture.
    epsilon : float, optional
        How far the attack may go, in the units of the inputs; by default as long as the bounds are wide, or a tenth of
        that for "linf".
    norm : {"l2", "linf"}, optional
        By default "l2".
    target : int or str, optional
        The class that the attack leads to; by default any other one.
    steps, restarts : int, optional
        Of the attack, as in `ProjectedGradientDescent`.
    method : str or Method, default "saliency"
        How the answers are explained.
    index : int, optional
        Which picture; by default the first.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, scale, presenter.
    options : dict, optional
        Of the method of explanation.
    state : dict, str or path, optional
        What to begin with: the `state` or `state_text` of an attacker, or a file of it. All else that is given changes
        it.

    Returns
    -------
    Attacker
        It computes already.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Notes
    -----
    Attacks are projected gradient descent (Madry et al. 2018). One that finds nothing proves nothing; a certificate
    does.

    Examples
    --------
    >>> attacker = xai.attack(model, images, epsilon=2.5)
    >>> attacker.result.label, attacker.result.distance <= 2.5
    ('cross', True)
    >>> attacker.close()
    """
    return Attacker(
        models,
        images,
        radius=radius,
        epsilon=epsilon,
        norm=norm,
        target=target,
        steps=steps,
        restarts=restarts,
        method=method,
        index=index,
        display=display,
        options=options,
        state=state,
    )
