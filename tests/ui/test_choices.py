"""Quantity, distribution and slice, chosen in a real page: what is on the screen, in Python, and in words."""


def remark(widget):
    return widget.root.locator(".xai-remark").inner_text()


def visible(widget):
    """The labels of the settings of the method that can be seen."""
    return widget.root.locator("section[aria-label='Settings of the method'] .xai-control:visible").evaluate_all(
        "controls => controls.map(control => control.firstElementChild.textContent)"
    )


def test_the_named_methods_are_choices(lab, shows, eventually):
    def says(widget, words):
        eventually(lab.page, lambda: remark(widget).startswith(words), f"it does not say: {words}")

    widget = lab.show("e = xai.explore(model, images, method='influence', target='digit 3'); e")
    widget.open_settings()
    says(widget, "This is saliency (Simonyan, Vedaldi, Zisserman 2014).")
    shows(lab, widget)
    assert visible(widget) == ["Quantity", "Distribution"]

    widget.control("Distribution").select_option("line")
    assert visible(widget) == ["Quantity", "Distribution", "Steps", "Baseline"]
    widget.move("Steps", 3)
    says(widget, "These choices have no name of their own.")
    shows(lab, widget)
    widget.root.get_by_text("More", exact=True).click()
    widget.control("Multiplier").select_option("displacement")
    says(widget, "This is integrated gradients (Sundararajan, Taly, Yan 2017).")
    shows(lab, widget)
    named = "xai.IntegratedGradients(steps=8)(model, images[0][None], xai.Logit('digit 3'))"
    assert lab.value(f"float(abs(e.result.map - {named}.map).max())") < 1e-6

    widget.control("Distribution").select_option("gaussian")
    shows(lab, widget)
    assert widget.control("Multiplier").input_value() == "one", "there is no way without a path"
    assert widget.control("Multiplier").locator("option[value=displacement]").is_disabled()
    assert {"Distribution", "Noise", "Samples", "Multiplier", "Statistic"} <= set(visible(widget))
    assert not {"Steps", "Baseline"} & set(visible(widget))
    says(widget, "This is SmoothGrad (")
    widget.control("variance").check(force=True)
    says(widget, "This is VarGrad (")
    shows(lab, widget)

    widget.root.get_by_label("Statistic").get_by_label("mean", exact=True).check(force=True)
    widget.control("Distribution").select_option("boundary")
    says(widget, "This is boundary saliency (")
    shows(lab, widget)
    assert lab.value("e.options['distribution'], e.options['multiplier']") == ("boundary", "one")

    lab.execute("e.set(distribution='line', multiplier='displacement', steps=4)")
    eventually(lab.page, lambda: "integrated gradients" in remark(widget), "Python's choices did not arrive")
    shows(lab, widget)
    assert widget.control("Distribution").input_value() == "line"


def test_a_channel_is_explained_from_any_slice_with_any_method(lab, shows, eventually):
    widget = lab.show("e = xai.explore(model, images, method='saliency'); e")
    widget.open_settings()
    shows(lab, widget)
    widget.control("Quantity").select_option("channel")
    eventually(lab.page, lambda: lab.value("e.quantity, e.channel_layer") == ("channel", "layers.0"), "not chosen")
    shows(lab, widget)
    assert widget.control("Layer of the channel").input_value() == "layers.0"
    widget.control("Layer of the channel").select_option("layers.2")
    shows(lab, widget)
    assert not widget.control("Class explained").is_visible()
    most = lab.value("xai.influential_channel(model, images[0][None], 'layers.2')")
    chosen = "menu => menu.selectedOptions[0].text"
    assert widget.control("Channel explained").evaluate(chosen).startswith(f"{most}, the most influential on digit")

    widget.control("Channel explained").select_option("5")
    widget.control("Layer").select_option("layers.0")
    eventually(lab.page, lambda: lab.value("e.channel, e.layer") == (5, "layers.0"), "Python was not told")
    assert lab.value("e.result.question.quantity == xai.Channel('layers.2', 5), e.result.values.shape") == (
        True,
        (8, 28, 28),
    )
    widget.control("Layer").select_option("")
    widget.choose_method("smoothgrad")
    widget.control("Layer of the channel").select_option("layers.0")
    settled = (None, "layers.0", None)
    eventually(lab.page, lambda: lab.value("e.channel, e.channel_layer, e.layer") == settled, "Python was not told")
    shows(lab, widget)

    widget.root.get_by_role("button", name="Code").click()
    code = widget.root.locator(".xai-code code").inner_text()
    lab.execute(f"made = {{'model': model, 'images': images}}; exec({code!r}, made)")
    assert lab.value("float(abs(made['result'].map - e.result.map).max() / abs(e.result.map).max())") < 1e-6

    lab.execute("e.set(quantity=xai.Probability('digit 7'), layer=None)")
    eventually(lab.page, widget.control("Class explained").is_visible, "the class did not come back")
    shows(lab, widget)
    assert "why the probability of" in widget.root.locator(".xai-sentence").inner_text().replace("\n", " ")
    assert not widget.control("Rather than which class").is_visible()


def test_the_menu_of_methods_says_what_each_is_and_why_not(lab, shows, eventually):
    widget = lab.show(
        "flat = xai.wrap(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)), input_shape=(1, 28, 28))\n"
        "class Never(xai.Saliency):\n"
        "    name, label, family = 'never', 'Never', 'contrastive'\n"
        "    @classmethod\n"
        "    def refusal(cls, model): return 'The <b>moon</b> is full.'\n"
        "from xai_widgets.answers.registry import register\nfrom xai_widgets.attribution.method import METHODS\n"
        "register(Never); e = xai.explore(flat, images); e"
    )
    try:
        shows(lab, widget)
        widget.control("Method").click()
        listed = widget.root.locator(".xai-pop [role=listbox]")
        never = listed.locator("[data-value=never]")
        eventually(lab.page, lambda: never.get_attribute("aria-disabled") == "true", "the refusal did not arrive")
        assert "Not here: The <b>moon</b> is full." in never.inner_text()
        assert "Simonyan, Vedaldi, Zisserman" in listed.inner_text()
        assert listed.locator("[role=group]").first.get_attribute("aria-labelledby")
        box, page = listed.bounding_box(), lab.page.viewport_size
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page["height"], "it leaves the window"
        lab.page.keyboard.type("smilkov")
        assert listed.locator("[data-value=saliency]").is_hidden()
        lab.page.keyboard.press("Enter")
        eventually(lab.page, lambda: lab.value("e.method") == "smoothgrad", "it was not found by its author")
        shows(lab, widget)
    finally:
        lab.execute("METHODS.pop('never', None)")
