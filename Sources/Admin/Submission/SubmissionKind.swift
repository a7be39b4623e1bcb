import HTTPTypes
internal import Mail
import Hummingbird

/// How a message comes in the body of a request.
enum SubmissionKind: Equatable {
    /// As it is.
    case raw
    /// As a part of a form, with the envelope in another.
    case form(boundary: String)

    /// - Throws: ``HTTPError`` for other kinds.
    init(_ request: Request) throws {
        let text = request.headers[.contentType] ?? "message/rfc822"
        let words = text.split(separator: ";").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
        switch words.first?.lowercased() {
        case "multipart/form-data":
            guard let boundary = Self.boundary(words.dropFirst()) else {
                throw AdminError(.badRequest, "the Content-Type of a form must name its boundary")
            }
            self = .form(boundary: boundary)
        // That is what curl says of any --data.
        case "message/rfc822", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", nil:
            self = .raw
        default:
            throw HTTPError(
                .unsupportedMediaType, headers: [.accept: "message/rfc822, multipart/form-data"],
                message: "the body must be message/rfc822 or multipart/form-data")
        }
    }

    /// 1 to 70 characters (RFC 2046 section 5.1.1), quoted or not.
    private static func boundary(_ parameters: ArraySlice<Substring>) -> String? {
        guard let word = parameters.first(where: { $0.lowercased().hasPrefix("boundary=") }) else { return nil }
        var text = word.dropFirst("boundary=".count)
        while text.last == " " { text = text.dropLast() }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count > 1 { text = text.dropFirst().dropLast() }
        return (1...70).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
            ? String(text) : nil
    }
}
