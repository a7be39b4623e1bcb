import HTTPTypes
import Hummingbird
internal import NIOCore

/// The page for operators: files without data, for everybody. What it shows, it asks the API for.
struct PageRoutes: Sendable {
    /// By name.
    private let parts = Dictionary(PageFile.parts.map { ($0.name, $0) }) { first, _ in first }

    func add(to routes: RouteList) {
        for method in [HTTPRequest.Method.get, .head] {
            routes.on("", only: method, for: .anyone) { request, _ in Self.answer(request, with: .index) }
            routes.on("page/{file}", only: method, for: .anyone) { request, context in
                let name = try context.parameters.require("file")
                guard let file = parts[name] else { throw HTTPError(.notFound, message: "the page has no such file") }
                return Self.answer(request, with: file)
            }
        }
    }

    /// The file, or 304 if the client has it (RFC 9110 section 13.1.2).
    private static func answer(_ request: Request, with file: PageFile) -> Response {
        var headers = fields
        headers[.eTag] = file.tag
        let known = request.headers[values: .ifNoneMatch].joined(separator: ",").split(separator: ",")
        guard !known.contains(where: { matches($0, file.tag) }) else {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = file.type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: file.content))
    }

    /// By the weak comparison.
    private static func matches(_ word: Substring, _ tag: String) -> Bool {
        let text = word.filter { $0 != " " && $0 != "\t" }
        return text == "*" || text == tag || text == "W/\(tag)"
    }

    /// Everything that the page may load is from here, nobody else may frame it, and no text becomes a script.
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    private static let fields: HTTPFields = [
        .contentSecurityPolicy: policy, .cacheControl: "no-cache", .referrerPolicy: "no-referrer",
        .frameOptions: "DENY", .openerPolicy: "same-origin", .resourcePolicy: "same-origin",
    ]
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    fileprivate static let frameOptions = HTTPField.Name("X-Frame-Options")!
    fileprivate static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    fileprivate static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
}
