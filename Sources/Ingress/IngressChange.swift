/// Other settings of ingress, checked and with their sockets bound: nothing that could fail is left.
///
/// Made by ``IngressServer/prepare(_:)``; ends with ``IngressServer/commit(_:)`` or ``IngressServer/discard(_:)``.
package struct IngressChange: Sendable {
    let settings: IngressSettings
    /// In the order of the settings, with the listener that each is to have.
    let sockets: [(socket: ListenerSocket, listener: Listener)]
    /// Those of them that do not accept connections yet.
    let opened: [ListenerSocket]
    /// Those that no listener has any more.
    let closing: [ListenerSocket]
    let quotas: IngressLimits
    let logins: LoginService?
    let submissions: Listener?
}
