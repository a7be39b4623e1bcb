package import Access
internal import Mail
internal import NIOCore
internal import TLS

/// The API over TCP: its settings, prepared for use.
package struct HTTPEndpoint: Sendable {
    let addresses: [HTTPSettings.Address]
    /// Its owner replaces what it says when the settings change.
    package let control: AccessControl
    let tls: TLSServerContext?
    let register: ConnectionRegister

    /// - Parameters:
    ///   - control: who may use it; its owner keeps it up to date.
    ///   - connections: the most at a time.
    /// - Throws: ``AdminError`` if the certificate is unusable.
    package init(_ settings: HTTPSettings, control: AccessControl, connections: Int = 2048) throws(AdminError) {
        addresses = settings.addresses
        self.control = control
        register = ConnectionRegister(limit: connections, report: control.report)
        do throws(TLSError) {
            tls = try settings.tls.map { files throws(TLSError) in try TLSServerContext(files) }
        } catch {
            throw AdminError(.certificate, "[admin] certificate: \(error)")
        }
    }

    /// Later requests are judged by these settings, and later connections have their certificate. The addresses, and
    /// whether connections are encrypted, stay.
    ///
    /// - Parameters:
    ///   - hostname: the relay's own name.
    ///   - connections: the most at a time.
    package func replace(with settings: HTTPSettings, hostname: String, connections: Int) {
        control.replace(with: settings, hostname: hostname)
        register.replace(limit: connections)
        guard let tls, let files = settings.tls else { return }
        do throws(TLSError) {
            try tls.replace(with: files)
        } catch {
            control.report(.reloadFailed(what: Self.certificate, reason: "\(error)"))
        }
    }

    private static let certificate = "certificate of [admin] http"

    /// Reads the certificate again; existing connections keep theirs.
    ///
    /// - Parameter always: whether to read files that appear unchanged too.
    package func reloadCertificate(always: Bool) {
        guard let tls else { return }
        let what = Self.certificate
        do throws(TLSError) {
            if always { try tls.reload() } else if try !tls.reloadIfChanged() { return }
            control.report(.reloaded(what: what))
        } catch {
            control.report(.reloadFailed(what: what, reason: "\(error)"))
        }
    }
}

extension HTTPSettings.Address {
    /// `127.0.0.1:8025`, `[::1]:8025`.
    func text(port: Int) -> String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
