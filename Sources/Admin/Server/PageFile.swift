internal import NIOCore
internal import TLS

/// A file of the page, which is the same for everybody and tells nothing.
struct PageFile: Sendable {
    let name: String
    let type: String
    /// A strong validator (RFC 9110 section 8.8.3): a digest of the content, in quotation marks.
    let tag: String
    let content: ByteBuffer

    init(_ name: String, _ content: [UInt8]) {
        self.name = name
        self.content = ByteBuffer(bytes: content)
        type = Self.type(of: name)
        tag = Self.tag(of: content)
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "png": "image/png"
        default: "text/html; charset=utf-8"
        }
    }

    /// Half of it tells files apart.
    private static func tag(of content: [UInt8]) -> String {
        let digest = SHA256.Stream()
        content.withUnsafeBytes { digest.update($0) }
        let digits = digest.finish().prefix(16).map { octet in
            let text = String(octet, radix: 16)
            return text.count == 1 ? "0\(text)" : text
        }
        return "\"\(digits.joined())\""
    }
}

extension PageFile {
    /// What `/` answers with.
    static let index = PageFile("index.html", PackageResources.index_html)

    /// What `/page/NAME` answers with.
    static let parts: [PageFile] = [
        PageFile("api.js", PackageResources.api_js),
        PageFile("audit.js", PackageResources.audit_js),
        PageFile("charts.js", PackageResources.charts_js),
        PageFile("dom.js", PackageResources.dom_js),
        PageFile("events.js", PackageResources.events_js),
        PageFile("failures.js", PackageResources.failures_js),
        PageFile("figures.js", PackageResources.figures_js),
        PageFile("format.js", PackageResources.format_js),
        PageFile("headline.js", PackageResources.headline_js),
        PageFile("icon.png", PackageResources.icon_png),
        PageFile("lanes.js", PackageResources.lanes_js),
        PageFile("layout.css", PackageResources.layout_css),
        PageFile("listing.js", PackageResources.listing_js),
        PageFile("main.js", PackageResources.main_js),
        PageFile("message.js", PackageResources.message_js),
        PageFile("messages.js", PackageResources.messages_js),
        PageFile("orders.js", PackageResources.orders_js),
        PageFile("overview.js", PackageResources.overview_js),
        PageFile("parts.css", PackageResources.parts_css),
        PageFile("quotas.js", PackageResources.quotas_js),
        PageFile("round-trips.js", PackageResources.round_trips_js),
        PageFile("standing.js", PackageResources.standing_js),
        PageFile("state.js", PackageResources.state_js),
        PageFile("suppressions.js", PackageResources.suppressions_js),
        PageFile("theme.css", PackageResources.theme_css),
        PageFile("timeline.js", PackageResources.timeline_js),
        PageFile("upstream.js", PackageResources.upstream_js),
        PageFile("webhooks.js", PackageResources.webhooks_js),
    ]
}
