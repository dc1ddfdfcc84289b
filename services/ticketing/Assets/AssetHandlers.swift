import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Serves `portico.ticketing.v1.Assets`.
struct AssetHandlers: AssetsService {
  let store: any Store
  let directory: Directory
  let ids: SortableIDGenerator

  func listAssets(
    _ request: Ticketing.ListAssetsRequest, _ call: Call
  ) async throws -> Ticketing.ListAssetsResponse {
    let parent = try ResourceName(
      request.parent, "accounts/*", field: "parent", anyAllowed: true)
    let scope = try call.scope
    let page = try request.page([request.parent, "\(request.kind.rawValue)"], in: scope)
    return try await call.read(in: store) { db in
      let found = try AssetStore(db).assets(
        account: parent.id("accounts"), kind: .init(request.kind), page: page, in: scope)
      return .init(assets: found.items.map { .init($0) }, nextPageToken: found.nextToken)
    }
  }

  func createAsset(
    _ request: Ticketing.CreateAssetRequest, _ call: Call
  ) async throws -> Ticketing.Asset {
    let account = try ResourceName(request.parent, "accounts/*", field: "parent")["accounts"]
    let scope = try call.scope
    let message = request.asset ?? .init()
    var check = Violations()
    let name = check.text(message.displayName, "asset.display_name", limit: 200)
    let identifier = check.text(message.identifier, "asset.identifier", limit: 200, required: false)
    let kind = Asset.Kind(message.kind)
    check.require(kind != nil, "asset.kind", "is required")
    check.require(
      request.assetID.isEmpty || ResourceName.isID(request.assetID), "asset_id",
      "may hold letters, digits, hyphens and underscores")
    try check.end()
    guard let kind else { throw check.status }
    guard scope.reaches(account: account),
      try await directory.hasAccount(account, for: call.principal)
    else { throw StoreError.notFound }
    let asset = Asset(
      id: request.assetID.isEmpty ? "\(ids.next())" : request.assetID, account: account,
      kind: kind, displayName: name, identifier: identifier,
      site: try await site(message.site, of: account), created: call.now)
    let actor = try call.auditActor
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      try AssetStore(db).insert(asset, in: scope)
      try db.audit(
        EventType.assetCreated.name, on: asset.name, by: actor,
        after: ["display_name": asset.displayName])
      try db.emit(
        .assetCreated, on: asset.name, at: EventPlace(account: account, site: asset.site))
      return .init(asset)
    }
  }

  private func site(_ name: String, of account: String) async throws -> String? {
    guard !name.isEmpty else { return nil }
    let site = try ResourceName(name, "accounts/*/sites/*", field: "asset.site")
    guard site["accounts"] == account,
      let known = try await directory.site(site["sites"], of: account)
    else { throw Status.invalid("asset.site", "is not a site of this account") }
    return known.id
  }
}

extension Ticketing.ListAssetsRequest: PagedRequest {}

extension Ticketing.Asset {
  fileprivate init(_ asset: Asset) {
    self.init(
      name: asset.name, kind: asset.kind == .hardware ? .hardware : .software,
      displayName: asset.displayName, identifier: asset.identifier,
      site: asset.site.map { "accounts/\(asset.account)/sites/\($0)" } ?? "",
      createTime: .init(asset.created))
  }
}

extension Asset.Kind {
  fileprivate init?(_ kind: Ticketing.AssetKind) {
    switch kind {
    case .hardware: self = .hardware
    case .software: self = .software
    default: return nil
    }
  }
}
