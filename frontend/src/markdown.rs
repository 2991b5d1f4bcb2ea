//! The assistant's Markdown as HTML. Whatever a model writes, only plain formatting and links to
//! the web or to a mail address come out: HTML is shown as text and images as links.

use askama::filters::{Escaper, Html};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

/// Renders `text`.
pub(crate) fn render(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut links = Vec::new();
    let events = Parser::new_ext(text, options).map(|event| safe(event, &mut links));
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, events);
    out
}

/// Replaces what must not reach the page. `links` holds, for each open link, whether it is shown.
fn safe<'a>(event: Event<'a>, links: &mut Vec<bool>) -> Event<'a> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(
            Tag::Link {
                dest_url,
                link_type,
                ..
            }
            | Tag::Image {
                dest_url,
                link_type,
                ..
            },
        ) => {
            let url = address(&dest_url, link_type);
            links.push(url.is_some());
            Event::InlineHtml(url.map_or(CowStr::Borrowed(""), |url| {
                format!(
                    r#"<a href="{}" rel="noopener noreferrer nofollow" target="_blank">"#,
                    escape(&url)
                )
                .into()
            }))
        }
        Event::End(TagEnd::Link | TagEnd::Image) => {
            let shown = links.pop().unwrap_or(false);
            Event::InlineHtml(CowStr::Borrowed(if shown { "</a>" } else { "" }))
        }
        // A heading of the reply is no heading of the page.
        Event::Start(Tag::Heading { .. }) => Event::InlineHtml("<p><strong>".into()),
        Event::End(TagEnd::Heading(_)) => Event::InlineHtml("</strong></p>\n".into()),
        other => other,
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = Html.write_escaped_str(&mut out, text);
    out
}

/// The address of a link when it is one that may be followed.
fn address(url: &str, link_type: LinkType) -> Option<String> {
    if link_type == LinkType::Email {
        return Some(format!("mailto:{url}"));
    }
    let (scheme, _) = url.split_once(':')?;
    ["http", "https", "mailto"]
        .iter()
        .any(|allowed| scheme.eq_ignore_ascii_case(allowed))
        .then(|| url.to_owned())
}

/// What a screen reader says: the reply's words without its formatting.
pub(crate) fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for event in Parser::new(text) {
        match event {
            Event::Text(text) | Event::Code(text) => out.push_str(&text),
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Item | TagEnd::Paragraph) => {
                out.push(' ');
            }
            _ => {}
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_is_kept() {
        assert_eq!(
            render("**Done.** 3 tasks:\n\n- milk\n- `eggs`\n"),
            "<p><strong>Done.</strong> 3 tasks:</p>\n<ul>\n<li>milk</li>\n<li><code>eggs</code></li>\n</ul>\n"
        );
        assert_eq!(
            render("[site](https://example.org/?a=1&b=\"x\")"),
            "<p><a href=\"https://example.org/?a=1&#38;b=&#34;x&#34;\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">site</a></p>\n"
        );
    }

    #[test]
    fn nothing_that_acts_comes_out() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onmouseover=alert(1)>b</b>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:msgbox)",
            "[x](//evil.example)",
            "[x](/logout)",
            "![x](https://evil.example/pixel.gif)",
            "![x\" onerror=\"alert(1)](https://e.example/\"onerror=\"alert(1))",
            "<javascript:alert(1)>",
            "[x]: javascript:alert(1)\n\n[x]",
            "```\n</code></pre><script>alert(1)</script>\n```",
            "```\"onclick=alert(1)\nx\n```",
            "# <svg onload=alert(1)>",
            "| a |\n|--|\n| <iframe src=javascript:alert(1)> |",
            "<!-- --><style>*{display:none}</style>",
            "[a [b](https://x.example)](javascript:alert(1))",
        ] {
            let html = render(hostile);
            let lower = html.to_lowercase();
            for forbidden in ["<script", "<img", "<svg", "<style", "<iframe", "<b "] {
                assert!(!lower.contains(forbidden), "{hostile} gave {html}");
            }
            for tag in lower.split('<').filter_map(|rest| rest.split('>').next()) {
                assert!(!tag.contains("=\"javascript"), "{hostile} gave {html}");
                assert!(!tag.contains("=\"data:"), "{hostile} gave {html}");
                assert!(!tag.contains("=\"vbscript"), "{hostile} gave {html}");
                assert!(!tag.contains("=\"/"), "{hostile} gave {html}");
                let attributes = tag.split('"').step_by(2).collect::<String>();
                assert!(!attributes.contains(" on"), "{hostile} gave {html}");
            }
        }
    }

    #[test]
    fn a_screen_reader_hears_words() {
        assert_eq!(
            spoken("**Done.** See\n\n- `milk`\n- [eggs](https://x.example)"),
            "Done. See milk eggs"
        );
    }
}
