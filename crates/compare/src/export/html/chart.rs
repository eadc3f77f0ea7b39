//! A chart as inline SVG: the parts that all charts of the page share. It knows no report.
//!
//! `plotters` draws them: its SVG backend needs no fonts and no other library, and it has logarithmic axes and axes with
//! given ticks. What it draws has one fixed colour each; the style sheet of `palette` puts them into light or dark.

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::ShapeStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::palette::{AXIS, GRID, Ink, TEXT};

/// Where a chart is drawn.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing comes to.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// What a chart is, for those who do not see it.
pub(super) struct About {
    /// Unique on the page, of letters and digits.
    pub(super) id: String,
    /// What it shows.
    pub(super) title: String,
    /// What is to be seen in it.
    pub(super) description: String,
}

/// Axes and what is written at them.
pub(super) struct Axes<'a> {
    pub(super) x: Axis,
    pub(super) y: Axis,
    /// What goes to the right, with its unit.
    pub(super) across: &'a str,
    /// What goes up, where the page does not say it; its ticks have units.
    pub(super) up: &'a str,
    /// Pixels kept free to the right.
    pub(super) right: u32,
}

/// A chart with its axes.
pub(super) type Plot<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// Draws a chart of this size in pixels; it grows and shrinks with the page.
pub(super) fn svg(about: &About, size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
    let mut text = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    // Everything between the element's own tags; those are written below, with names for readers.
    let inner = text.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
    match (drawn, inner) {
        (Ok(()), Some((inner, _))) => html! {
            svg viewBox=(format!("0 0 {} {}", size.0, size.1)) role="img"
                aria-labelledby=(format!("{0}-title {0}-about", about.id)) {
                title id=(format!("{}-title", about.id)) { (about.title) }
                desc id=(format!("{}-about", about.id)) { (about.description) }
                (PreEscaped(inner))
            }
        },
        (Err(error), _) => html! { p.missing { "The chart could not be drawn: " (error.to_string()) } },
        (Ok(()), None) => html! { p.missing { "The chart could not be drawn." } },
    }
}

/// Draws axes, grid and labels; what is left is for the curves.
pub(super) fn axes<'a>(area: &Area<'a>, axes: &Axes<'_>) -> Drawn<Plot<'a>> {
    let label = text(HPos::Left, VPos::Top);
    if !axes.up.is_empty() {
        area.draw_text(axes.up, &label, (2, 4))?;
    }
    let mut chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_right(axes.right)
        .x_label_area_size(40)
        .y_label_area_size(72)
        .build_cartesian_2d(axes.x.clone(), axes.y.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID.light)
        .axis_style(AXIS.light)
        .label_style(label.clone())
        .axis_desc_style(label)
        .set_all_tick_mark_size(4)
        .x_desc(axes.across)
        .draw()?;
    Ok(chart)
}

/// The text of charts. `plotters` writes sizes divided by 1.24.
pub(super) fn text(horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    coloured(TEXT, horizontal, vertical)
}

/// The same in another colour.
pub(super) fn coloured(Ink { light, .. }: Ink, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::SansSerif, 12.0 * 1.24, FontStyle::Normal);
    let style = TextStyle::from(font).pos(Pos::new(horizontal, vertical));
    TextStyle { color: light.to_backend_color(), ..style }
}

/// A line.
pub(super) fn line(ink: Ink, width: u32) -> ShapeStyle {
    ink.light.stroke_width(width)
}
