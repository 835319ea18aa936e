package console

import (
	"slices"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/ui/internal/page"
)

// The pages that stand beside each other.
const (
	areaTenants      = "tenants"
	areaUsers        = "users"
	areaLog          = "log"
	areaOrganization = "organization"
	areaKey          = "key"
	areaCredits      = "credits"
	areaMail         = "mail"
	areaHealth       = "health"
)

// tabs are the pages of the reach: for operators those of the host, and within a tenant its own ones.
func (v *visit) tabs() (list []page.Tab) {
	add := func(path, key string, current bool) {
		list = append(list, page.Tab{URL: v.URL(path), Text: v.T(key), Current: current})
	}
	here := func(area string) bool { return v.area == area }
	if v.host && v.tenant {
		add("/"+scopeTenants+"/users", "tab.all-tenants", false)
	} else if v.host {
		app, _ := tollkeeper.Scope{}.ID()
		add("/"+scopeApp+"/users", "tab.app", here(areaUsers) && !v.whole && v.scope == app)
		add("/"+scopeTenants+"/users", "tab.tenants", here(areaUsers) && !v.whole && v.scope == tollkeeper.Root)
	}
	if !v.host || v.tenant {
		add(v.base+"/users", "tab.users", here(areaUsers))
		add(v.base+"/log", "tab.log", here(areaLog))
	}
	if v.tenant {
		add(v.base+"/organization", "tab.organization", here(areaOrganization))
		add(v.base+"/key", "tab.key", here(areaKey))
		if len(v.Auth.Operations()) > 0 {
			add(v.base+"/credits", "tab.credits", here(areaCredits))
		}
	}
	if v.host && !v.tenant {
		add("/log", "tab.log", here(areaLog))
		add("/mail", "tab.mail", here(areaMail))
		add("/health", "tab.health", here(areaHealth))
	}
	return list
}

func (v *visit) number(n int64) string { return language.Number(v.Lang(), n) }

// or is a text, or what stands where there is none.
func (v *visit) or(text, key string) string {
	if text == "" {
		return v.T(key)
	}
	return text
}

// role is one in words; a host's own stands as it is.
func (v *visit) role(r tollkeeper.Role) string {
	switch r {
	case tollkeeper.RoleAdmin:
		return v.T("role.admin")
	case tollkeeper.RoleUser:
		return v.T("role.user")
	case tollkeeper.RoleGuest:
		return v.T("role.guest")
	}
	return string(r)
}

// roles are choices of one, perhaps behind one for all.
func (v *visit) roles(all string) (list []page.Choice) {
	if all != "" {
		list = []page.Choice{{Text: all}}
	}
	for _, r := range v.Auth.Roles() {
		list = append(list, page.Choice{Value: string(r), Text: v.role(r)})
	}
	return list
}

// state is whether an account may sign in.
func (v *visit) state(x *tollkeeper.Account) page.Cell {
	if x.Status != tollkeeper.StatusActive {
		return page.Cell{Text: v.T("state.disabled"), Mark: "bad"}
	}
	return page.Cell{Text: v.T("state.active"), Mark: "good"}
}

// operations are what credits are moved by, in words; a host's own stands as it is.
var operations = map[tollkeeper.Operation]string{
	tollkeeper.OpSignIn: "operation.sign-in", tollkeeper.OpSignUp: "operation.sign-up", tollkeeper.OpVerify: "operation.verify",
	tollkeeper.OpSocial: "operation.social", tollkeeper.OpRetention: "operation.retention", tollkeeper.OpGrant: "operation.grant",
	tollkeeper.OpPackage: "operation.package", tollkeeper.OpRefund: "operation.refund",
}

func (v *visit) operation(op tollkeeper.Operation) string {
	if key, ok := operations[op]; ok {
		return v.T(key)
	}
	return string(op)
}

// choices of an operation: those with a price, and what gives credits.
func (v *visit) operationChoices() []page.Choice {
	list := []page.Choice{{Text: v.T("ledger.all")}}
	ops := slices.Concat(v.Auth.Operations(), []tollkeeper.Operation{tollkeeper.OpGrant, tollkeeper.OpPackage, tollkeeper.OpRefund})
	for _, op := range ops {
		list = append(list, page.Choice{Value: string(op), Text: v.operation(op)})
	}
	return list
}

// spoken are errors that mean something else here than where people sign in.
func (v *visit) spoken(err error) error {
	for _, said := range []struct {
		error *tollkeeper.Error
		key   string
	}{
		{tollkeeper.ErrForbidden, "refused.forbidden"}, {tollkeeper.ErrNotFound, "refused.not-found"}, {tollkeeper.ErrLastAdmin, "refused.last-admin"},
		{tollkeeper.ErrLastWayIn, "refused.last-way"}, {tollkeeper.ErrFactorState, "refused.no-factor"}, {tollkeeper.ErrUnverified, "refused.unproven"},
		{tollkeeper.ErrInvalidCursor, "refused.cursor"}, {tollkeeper.ErrDisabled, "refused.no-credits"}, {tollkeeper.ErrNoOrganization, "refused.not-found"},
		{tollkeeper.ErrInsufficientCredits, "refused.credits"},
	} {
		err = page.At(err, said.error, "", said.key)
	}
	return page.At(err, tollkeeper.ErrConflict, "", "refused.conflict")
}
