// CmsService
