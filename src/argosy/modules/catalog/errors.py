"""Why a catalog use case stops.

ArgosyError
├── NotFound ┬─ ProductNotFound
│            ├─ VariantNotFound
│            ├─ CategoryNotFound
│            ├─ MediaNotFound
│            └─ ImportNotFound
├── Invalid ┬── CatalogInputInvalid   fields that do not fit; `faults` lists them all
│           ├── CategoryCycle         a category cannot be below itself
│           └── CategoryTooDeep       more than twelve levels
└── Conflict ┬─ CatalogVersionConflict  changed since it was read
             ├─ SkuTaken
             ├─ SlugTaken
             ├─ ExternalIdTaken
             ├─ VariantOptionsTaken    two variants of a product with the same options
             ├─ MediaRepeated
             ├─ CategoryPathTaken
             └─ CategoryNotEmpty       it has sub-categories
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    """There is no product with this id or slug. It may have been deleted; list the products."""

    code = "catalog.product_not_found"
    usual_cure = "Use the id of a product that `GET /admin/v1/products` lists."


class VariantNotFound(NotFound):
    """There is no variant with this id or SKU. It may have been deleted; list the variants."""

    code = "catalog.variant_not_found"
    usual_cure = "Use the id or SKU of a variant that `GET /admin/v1/products/{id}/variants` lists."


class CategoryNotFound(NotFound):
    """There is no category with this id or path. List the categories to see what there is."""

    code = "catalog.category_not_found"
    usual_cure = "Use the id or path of a category that `GET /admin/v1/categories` lists."


class MediaNotFound(NotFound):
    """There is no media with this id, or it does not belong to this product."""

    code = "catalog.media_not_found"
    usual_cure = "Use the id of one of the product's media: read the product to see them."


class ImportNotFound(NotFound):
    """There is no import with this id."""

    code = "catalog.import_not_found"
    usual_cure = "Use the id that the answer to the upload of the import gave."


class CatalogInputInvalid(Invalid):
    """Some fields of a product, variant or category do not fit. `faults` names each column with its
    reason: correct them all and send the request again; nothing was written.
    """

    code = "catalog.input_invalid"
    usual_cure = "Correct each column that `faults` names and send the request again."


class CategoryCycle(Invalid):
    """The new parent of this category is the category itself or lies below it. Choose a parent
    outside its subtree.
    """

    code = "catalog.category_cycle"
    usual_cure = "Choose a parent outside of the category's own subtree."


class CategoryTooDeep(Invalid):
    """The category tree may have at most twelve levels. Move the category nearer to the root."""

    code = "catalog.category_too_deep"
    usual_cure = "Move the category nearer to the root: the tree has at most twelve levels."


class CatalogVersionConflict(Conflict):
    """Somebody changed this since you read it. Read it again, then repeat your change with the new
    ETag in `If-Match`.
    """

    code = "catalog.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."


class SkuTaken(Conflict):
    """Another variant has this SKU. SKUs are unique in the whole catalog, without regard to case
    and to spaces around them.
    """

    code = "catalog.sku_taken"
    usual_cure = "Choose another SKU, or change the variant that has this one."


class SlugTaken(Conflict):
    """Another product has this slug. Choose another one."""

    code = "catalog.slug_taken"
    usual_cure = "Choose another slug."


class ExternalIdTaken(Conflict):
    """Another product or variant has this external id. External ids are unique."""

    code = "catalog.external_id_taken"
    usual_cure = "Send another external id, or change the product or variant that has this one."


class VariantOptionsTaken(Conflict):
    """Two active variants of one product would have the same options. Change the options of one, or
    archive it.
    """

    code = "catalog.variant_options_taken"
    usual_cure = "Change the options of one of the two variants, or archive it."


class MediaRepeated(Conflict):
    """The product shows this very file already. Change the entry that is there."""

    code = "catalog.media_repeated"
    usual_cure = "Change the entry of this file that is there already."


class CategoryPathTaken(Conflict):
    """There is already a category with this slug under the same parent. Choose another slug."""

    code = "catalog.category_path_taken"
    usual_cure = "Choose another slug, or another parent."


class CategoryNotEmpty(Conflict):
    """The category has sub-categories. Move or delete them first."""

    code = "catalog.category_not_empty"
    usual_cure = "Move or delete its sub-categories first."
